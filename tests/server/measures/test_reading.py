"""A chart's sentence says what the rules found and nothing more."""

import pytest

from server.measures.chart import ChartSettings, RunLengths
from server.measures.direction import Better
from server.measures.part import Part
from server.measures.pchart import pchart
from server.measures.reading import how_made, reading
from server.measures.spc import xmr

STEADY = [0.50, 0.52, 0.49, 0.51, 0.50, 0.48, 0.51, 0.52, 0.49, 0.50, 0.51, 0.49]
MEAN = "50.2 %"


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ([], f"Food: no significant change; the weeks go up and down around {MEAN} as chance makes them."),
        ([0.70], "Food: improvement; the latest week lies above the upper limit, more than chance explains."),
        ([0.30], "Food: concern; the latest week lies below the lower limit, more than chance explains."),
        (
            [0.51, 0.53, 0.51] * 3,
            f"Food: improvement; 9 weeks in a row lie above the mean of {MEAN}, more than chance explains.",
        ),
        (
            [0.480, 0.485, 0.49, 0.495, 0.51, 0.515, 0.52, 0.525],
            "Food: improvement; 8 weeks in a row rise, more than chance explains.",
        ),
        (
            [0.49, 0.47, 0.48] * 3,
            f"Food: concern; 10 weeks in a row lie below the mean of {MEAN}, more than chance explains.",
        ),
        (
            [0.525, 0.52, 0.515, 0.51, 0.505, 0.49, 0.485],
            "Food: concern; 7 weeks in a row fall, more than chance explains.",
        ),
        (
            [0.465, 0.49, 0.465],
            "Food: concern; two of three weeks lie close to the lower limit, more than chance explains.",
        ),
    ],
)
def test_each_rule_has_its_words(later, said):
    assert reading(xmr(STEADY + later), "Food") == said


def test_where_neither_way_is_better_a_change_is_only_a_change():
    settings = ChartSettings(better=Better.NEITHER)
    assert "Visits: a significant change; the latest month lies above" in reading(
        xmr([*STEADY, 0.7], settings), "Visits", bucket="month"
    )


def test_trial_limits_and_target_are_said():
    chart = pchart([Part(8, 10)] * 5, ChartSettings(target=0.85))
    assert reading(chart, "Food") == (
        "Food: no significant change; the weeks go up and down around 80.0 % as chance makes them. "
        "Trial limits: 5 of the 12 weeks that reliable limits need. As it runs now it hits and misses the target."
    )


def test_nothing_and_nearly_nothing_are_said_to_be_so():
    assert reading(xmr([None]), "Food") == "Food: no data."
    assert reading(xmr([0.5]), "Food") == "Food: one week so far; two at least are needed to say what is ordinary."


def test_other_units_are_told_as_they_are():
    assert "around 3.50" in reading(xmr([3, 4] * 6), "Waiting", as_percent=False)


def test_how_it_was_made_is_printed_on_it():
    assert how_made(pchart([Part(8, 10)] * 15)) == (
        "p-chart; limits from the first 12 weeks with answers, then locked; a trend is 7 points and a shift 7."
    )
    settings = ChartSettings(baseline=8, rebases=(12,), lengths=RunLengths(6, 8), screening=True)
    assert how_made(xmr(STEADY * 2, settings), bucket="month") == (
        "XmR-chart; limits from the first 8 months with answers, then locked; begun anew at month 13; "
        "a trend is 6 points and a shift 8; exceptional moving ranges left out."
    )
    assert how_made(xmr(STEADY)).endswith("no moving range left out.")
