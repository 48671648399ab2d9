"""Hospital food, from 24 % fair or poor to 14 % fair: found, followed, shown to be real, and never overclaimed."""

import pytest

from server.measures.chart import Assurance, ChartKind, PointKind, Rule
from server.measures.concerns import Cell, Level, find_concerns
from server.measures.effect import Conclusion, compare_options
from server.measures.effect_words import effect_sentence
from server.measures.pchart import choose_chart, pchart
from server.measures.positivity import Counts, positivity
from server.measures.reading import reading
from server.measures.spc import rebase_objection
from server.measures.verdict import Verdict, at_or_above, verdict
from tests.server.measures.case_study import (
    CHART_SETTINGS,
    HALF_AFTER,
    HALF_BEFORE,
    SENTIMENTS,
    TARGET,
    WEEKS,
    WEEKS_AFTER,
    WEEKS_BEFORE,
    positive_part,
    totals,
)

ACTION = len(WEEKS_BEFORE)


def measured(options):
    part = positive_part(options)
    return positivity(Counts(positive=part.chosen, negative=part.n - part.chosen), part.n, part.n)


def chart(settings=CHART_SETTINGS):
    return pchart([positive_part(week) for week in WEEKS], settings)


def test_the_counts_are_those_of_the_story():
    before, after = totals(WEEKS_BEFORE), totals(WEEKS_AFTER)
    assert (sum(before), sum(after)) == (200, 200)
    assert (before[2] + before[3]) / 200 == 0.24
    assert (after[2] / 200, after[3]) == (0.14, 0)
    assert (measured(before).percent, measured(after).percent) == pytest.approx((76, 86))


def test_the_target_is_crossed_as_a_point_and_the_verdict_stays_cautious():
    before, after = measured(totals(WEEKS_BEFORE)), measured(totals(WEEKS_AFTER))
    assert at_or_above(before, 85) is False
    assert at_or_above(after, 85) is True
    assert verdict(before, 85) is Verdict.MISSED
    assert verdict(after, 85) is Verdict.CANNOT_TELL


def test_it_was_a_concern_before_and_none_after():
    cell = Cell("food", positive_part(totals(WEEKS_BEFORE)), TARGET)
    assert [finding.level for finding in find_concerns([cell])] == [Level.CONCERN]
    assert not find_concerns([Cell("food", positive_part(totals(WEEKS_AFTER)), TARGET)])


def test_half_the_answers_are_a_reason_to_watch():
    assert [one.level for one in find_concerns([Cell("food", positive_part(HALF_BEFORE), TARGET)])] == [Level.WATCH]


def test_two_hundred_answers_a_period_show_that_it_is_real():
    effects = compare_options(totals(WEEKS_BEFORE), totals(WEEKS_AFTER), SENTIMENTS)
    assert effect_sentence("Food", "fair/poor", effects.negative) == (
        "Food: fair/poor 24% (48/200) → 14% (28/200): improved, 2 to 18 points, unlikely to be chance"
    )
    assert effects.positive.conclusion is Conclusion.IMPROVED
    poor = effects.options[3]
    assert (poor.before.chosen, poor.after.chosen, poor.conclusion) == (14, 0, Conclusion.FELL)
    assert poor.p == pytest.approx(0.0001, abs=0.0001)


def test_a_hundred_answers_a_period_cannot_tell():
    effects = compare_options(HALF_BEFORE, HALF_AFTER, SENTIMENTS)
    assert effect_sentence("Food", "fair/poor", effects.negative) == (
        "Food: fair/poor 24% (24/100) → 14% (14/100): not shown to be real"
    )
    assert verdict(measured(HALF_AFTER), 85) is Verdict.CANNOT_TELL


def test_at_eleven_answers_a_week_a_p_chart_fits():
    assert choose_chart([positive_part(week) for week in WEEKS]) is ChartKind.P


def test_every_week_after_the_action_is_flagged_against_the_locked_baseline():
    points = chart().points
    assert [point.kind for point in points[:ACTION]] == [PointKind.COMMON_CAUSE] * len(WEEKS_BEFORE)
    assert [point.kind for point in points[ACTION:]] == [PointKind.IMPROVEMENT] * len(WEEKS_AFTER)
    assert {point.signal.rule for point in points[ACTION:]} == {Rule.SHIFT}
    assert points[-1].limits.mean == 0.76


def test_the_chart_reads_as_one_sentence():
    assert reading(chart(), "Positivity of food") == (
        "Positivity of food: improvement; 16 weeks in a row lie above the mean of 76.0 %, more than chance explains. "
        "As it runs now it hits and misses the target."
    )
    assert chart().assurance is Assurance.HIT_OR_MISS


def test_new_limits_at_the_action_would_hide_it_all():
    hidden = chart(CHART_SETTINGS._replace(baseline=12, rebases=(ACTION,)))
    assert {point.kind for point in hidden.points} == {PointKind.COMMON_CAUSE}
    assert "hide its effect" in rebase_objection(chart(), ACTION, actions=[ACTION])
