"""The sentences about figures say what the figures say, and no more."""

from datetime import UTC, datetime, timedelta

import pytest

from server.api.shapes import Filters, Judged
from server.api.stats.series import Point, TimeseriesAnswer
from server.web.words import chart_sentence, count, interval, judgement, percent, target_percent


def judged(**fields):
    known = {
        "n": 500,
        "responses": 100,
        "positive": 425,
        "positivity": 85.0,
        "ci95": (76.7, 90.7),
        "suppressed": False,
        "precision": "sound",
        "withheld": 0,
        "target": 85.0,
        "at_or_above": True,
        "verdict": "cannot tell yet",
        "responses_needed": None,
    }
    return Judged(**(known | fields))


START = datetime(2026, 8, 30, 23, tzinfo=UTC)  # the first minute of Monday 31 August in London
QUERY = {
    "organisation": 1,
    "from": "2026-08-31",
    "to": "2026-11-30",
    "timezone": "Europe/London",
    "filters": {name: [] for name in Filters.model_fields} | {"assisted": None, "partial": None},
    "include_flagged": False,
    "time_basis": "answered",
    "min_n": 5,
    "compare": "none",
}
META = {
    "data_version": 1,
    "as_of": START,
    "view": "inside",
    "withheld_below": 5,
    "complete": True,
    "target": 85.0,
    "suppressed_below": 10,
    "late_devices": 0,
    "never_heard": 0,
    "pending_reported": 0,
}
LEFT_OUT = dict.fromkeys(("neutral", "negative", "excluded", "skipped", "timed_out"), 0)
ASIDE = {"n": 0, "responses": 0, "withheld": 0, "counted": False, "not_told": None}


def week(index, positivity, responses):
    """One point: the week so many weeks after START."""
    return Point(
        n=responses,
        responses=responses,
        positive=0,
        positivity=positivity,
        ci95=None if positivity is None else (max(0, positivity - 10), min(100, positivity + 4)),
        suppressed=bool(responses) and positivity is None,
        precision="no data" if not responses else "suppressed" if positivity is None else "sound",
        period=f"2026-W{36 + index}",
        start=START + timedelta(weeks=index),
        end=START + timedelta(weeks=index + 1),
        target=85.0,
        complete=True,
        withheld=0,
        at_or_above=None,
        verdict=None,
        responses_needed=None,
    )


def series(*points, granularity="week"):
    """An answer with these (positivity, responses) as its points, one a week from 31 August 2026."""
    return TimeseriesAnswer.model_validate(
        {
            "query": QUERY | {"granularity": granularity},
            "meta": META,
            "data": [week(index, *point) for index, point in enumerate(points)],
            "totals": judged().model_dump() | LEFT_OUT,
            "undated": ASIDE,
            "without_hour": None,
            "flagged": ASIDE,
            "marks": [],
            "links": dict.fromkeys(("self", "csv", "xlsx"), "/"),
        }
    )


def test_numbers_read_as_people_write_them():
    assert (count(1, "response"), count(1312, "response")) == ("1 response", "1,312 responses")
    assert (percent(84.0), target_percent(85.0), target_percent(87.5)) == ("84.0%", "85%", "87.5%")
    assert interval((81.94, 86.2)) == "81.9 to 86.2%"
    assert percent(None) == interval(None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verdict": "met", "ci95": (86.0, 90.7)}, "The target of 85% is met."),
        ({"verdict": "missed", "at_or_above": False}, "The target of 85% is missed."),
        ({}, "That is at or above the target of 85%, but it could be chance: cannot tell yet."),
        ({"at_or_above": False, "positivity": 84.0}, "That is below the target of 85%, but it could be chance"),
        ({"responses_needed": 1535}, "About 1,500 more responses would tell."),
        ({"responses_needed": 9}, "About 9 more responses would tell."),
        ({"precision": "interpret with care"}, "Interpret with care"),
        ({"positivity": None, "ci95": None, "precision": "suppressed", "responses": 7}, "7 responses: too few"),
        ({"positivity": None, "ci95": None, "precision": "no data", "verdict": None}, "No answers that count"),
    ],
)
def test_a_judgement_says_what_its_figures_allow(fields, said):
    assert said in judgement(judged(**fields))


def test_without_a_target_there_is_no_verdict_in_words():
    words = judgement(judged(target=None, verdict=None, at_or_above=None))
    assert "target" not in words
    assert "85.0% of the answers are positive" in words


def test_the_chart_is_told_by_its_extremes_and_its_gaps():
    told = chart_sentence(series((76.0, 40), (None, 4), (None, 0), (91.5, 50)))
    assert told == (
        "Positivity was between 76.0% (week of 31 August 2026) and 91.5% (week of 21 September 2026) in 2 of 4 weeks;"
        " 1 had too few responses and 1 had none."
    )


def test_a_chart_of_one_point_or_of_none_is_told_too():
    assert chart_sentence(series((76.0, 40))) == "Positivity was 76.0% (week of 31 August 2026) in 1 of 1 week."
    assert chart_sentence(series((None, 4), (None, 0))) == ("No week has enough responses to show a percentage.")
