"""The pages of audits: due and overdue, a round ticked on a phone, and the chart beside what patients say."""

import re

import pytest

from server.api.audit_shapes import PeriodAnswer
from server.api.shapes import Measured
from server.web.chart import FRAMES, NARROW, WIDE
from server.web.improving.beside_chart import beside_sentence, draw_beside
from tests.server.improvement.test_effects import MONDAY
from tests.server.web.test_overview import Elements

YES = {"line-1": "yes", "line-2": "not-seen", "line-3": "no"}


@pytest.fixture
def audit(story):
    return f"/improve/audits/{story['audit']}"


def test_the_page_holds_the_interface_s_figures_as_table_and_as_two_drawings(site, sender, audit, story):
    periods = site.get(f"/api/v1/audits/{story['audit']}").json()["periods"]
    page = Elements(sender.page(audit))

    def shown(value):
        return "" if value is None else str(value)

    rows = [
        (row["data-start"], row["data-compliance"], row["data-positivity"])
        for row in page.with_attribute("tr", "data-start")
    ]
    assert rows == [
        (each["start"], shown(each["compliance"]), shown(each["patients"] and each["patients"]["positivity"]))
        for each in periods
    ]
    marks = [(each["data-series"], each["data-first"]) for each in page.with_attribute("g", "data-series")]
    for series, known in (("audit", "compliance"), ("patients", "patients")):
        due = [each["start"] for each in reversed(periods) if each[known]]
        assert [first for kind, first in marks if kind == series] == 2 * due


def test_a_round_is_ticked_on_the_page_and_kept_once(site, sender, audit, story):
    page = sender.page(f"{audit}/enter")
    assert re.findall(r'name="line-1" type="radio" value="([^"]+)"', page) == ["yes", "not-seen", "no"]
    assert "Hands cleaned before contact?" in page
    filled = YES | {"audited_on": "2026-11-23", "key": sender.key(page, "enter")}
    assert [sender.send(f"{audit}/enter", **filled) for _ in range(2)] == [audit, audit]
    newest = site.get(f"/api/v1/audits/{story['audit']}").json()["periods"][0]
    assert (newest["state"], newest["lines"], newest["compliance"]) == ("done", 2, 50.0)
    nothing = sender.send(f"{audit}/enter", 422, audited_on="2026-11-23")
    assert 'href="#enter-line-1">Answer at least one line' in nothing
    late = sender.send(f"{audit}/enter", 422, **YES, audited_on="2026-11-24")
    assert "2026-11-24 is yet to come." in late
    assert re.search(r'value="yes" checked', late)


def test_schedules_feedback_and_the_end(site, sender, audit, story):
    made = sender.send("/improve/audits", team="north", questionnaire="audit-hand-hygiene", every="month",
                       from_date="2026-11-01")  # fmt: skip
    assert "Due" in sender.page(made)
    assert "Choose the checklist" in sender.send("/improve/audits", 422, team="north", every="month")
    told = {"about": "2026-11-09", "given_on": "2026-11-20", "given_by": "Link nurse", "words": "Well done"}
    assert sender.send(f"{audit}/feedback", **told) == f"{audit}#told"
    assert "About week of 9 November 2026: by Link nurse, 20 November 2026" in sender.page(audit)
    refused = sender.send(f"{audit}/feedback", 422, **told | {"words": "Call jo@example.org"})
    assert "This holds what looks like an e-mail address" in refused
    sender.send(audit, to_date="2026-11-23")
    assert site.get(f"/api/v1/audits/{story['audit']}").json()["state"] == "ended"


def test_another_service_s_audit_is_not_there(be, sender, audit):
    be("matron", "north")
    assert "Hand hygiene" not in sender.page("/improve/audits").split("<form")[0]
    for path in (audit, f"{audit}/enter"):
        sender.page(path, 404)
    sender.send(f"{audit}/enter", 404, **YES, audited_on="2026-11-23")
    be("board")
    assert "<form" not in sender.page(audit).split("<main")[1]


def period(weeks, compliance, positive=None, of=20):
    measured = positive is not None and Measured(
        n=of,
        responses=of,
        positive=positive,
        positivity=100 * positive / of if of >= 10 else None,
        ci95=(40.0, 90.0) if of >= 10 else None,
        suppressed=of < 10,
        precision="sound",
        withheld=0,
    )
    return PeriodAnswer(
        start=MONDAY.replace(month=8, day=3 + 7 * weeks),
        end=MONDAY.replace(month=8, day=4 + 7 * weeks),
        state="missed" if compliance is None else "done",
        lines=0 if compliance is None else 4,
        compliance=compliance,
        feedback=[],
        patients=measured or None,
    )


@pytest.mark.parametrize("frame", FRAMES)
def test_the_two_are_told_apart_by_shape_and_line_and_gaps_stay_gaps(frame):
    drawing = draw_beside([period(0, 50.0, 10), period(1, None, 12), period(2, 100.0, 3, of=5)], "week", frame)
    audit, patients = drawing.series
    assert [mark.path is None for mark in patients.marks] == [False, False, True]
    assert (len(audit.joins), len(patients.joins)) == (0, 1)  # no line over the week that was left out
    assert {mark.path[-1] for mark in audit.marks} == {"z"}
    assert "a" not in audit.marks[0].path  # a square
    assert "a" in patients.marks[0].path  # a circle
    assert audit.marks[0].y == frame.y(50, 0)
    assert patients.marks[0].ends == (frame.y(40, 0), frame.y(90, 0))
    lowest = max(y for series in drawing.series for y, _ in series.meaning)
    assert lowest < drawing.height


def test_names_at_the_end_do_not_lie_on_each_other():
    audit, patients = draw_beside([period(0, 80.0, 16)], "week", WIDE).series
    assert abs(audit.end[1] - patients.end[1]) >= WIDE.font_size
    assert draw_beside([period(0, 80.0, 16)], "week", NARROW).series[0].end is None


def test_the_sentence_says_both_in_the_newest_week_that_has_both():
    told = beside_sentence([period(0, 50.0, 10), period(1, 75.0, 12), period(2, 100.0)], "week")
    assert told == (
        "An audit was done in 3 of 3 weeks and found between 50.0% and 100.0% as it should be. Week of 10 August 2026: "
        "the audit found 75.0%, patients answered 60.0% positive (likely 40.0 to 90.0%, 20 responses)."
    )
    assert beside_sentence([period(0, None, 10)], "week") == "No audit was done in 1 week."
