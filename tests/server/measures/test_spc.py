"""The XmR chart agrees with the reference implementation's example; limits lock, rebase only on record, and warn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.chart import Assurance, ChartKind, ChartSettings, PointKind, Rule
from server.measures.direction import Better
from server.measures.icons import COLOURS, assurance, variation
from server.measures.spc import rebase_objection, xmr

EXAMPLE = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]  # NHSRplotthedots, vignettes/deviations.Rmd
STEADY = [50, 52, 49, 51, 50, 48, 51, 52, 49, 50, 51, 49]
RISEN = [53, 54, 53, 54, 53, 54, 53, 54]


def limits_of(chart, index=-1):
    limits = chart.points[index].limits
    return limits.lower, limits.mean, limits.upper


@pytest.mark.parametrize(("screening", "limits"), [(True, (-0.72, 1.94, 4.60)), (False, (-3.06, 1.94, 6.95))])
def test_the_example_screened_and_unscreened(screening, limits):
    chart = xmr(EXAMPLE, ChartSettings(baseline=18, screening=screening))
    assert chart.kind is ChartKind.XMR
    assert tuple(round(limit, 2) for limit in limits_of(chart)) == limits
    assert [index for index, point in enumerate(chart.points) if point.signal] == [4]
    assert chart.points[4].signal.rule is Rule.OUTSIDE


@pytest.mark.parametrize(("jump", "dropped"), [(6.54, True), (5.71, False)])
def test_a_moving_range_of_3_267_averages_is_screened_out(jump, dropped):
    """Five ranges of 1 and one of `jump`, which is 3.4 or 3.2 times the average of all six."""
    values = [0, 1, 0, 1, 0, 1, 1 + jump]
    limits = xmr(values, ChartSettings(baseline=7, screening=True)).points[0].limits
    average = 1 if dropped else (5 + jump) / 6
    assert limits.upper - limits.mean == pytest.approx(2.66 * average)


def test_near_limits_are_two_thirds_of_the_way():
    limits = xmr(EXAMPLE, ChartSettings(baseline=18)).points[0].limits
    assert limits.near_upper - limits.mean == pytest.approx((limits.upper - limits.mean) * 2 / 3)
    assert limits.mean - limits.near_lower == pytest.approx((limits.mean - limits.lower) * 2 / 3)
    average_range = 32 / 17
    assert limits.near_upper - limits.mean == pytest.approx(1.7733 * average_range, abs=1e-4)


def test_limits_are_of_the_first_twelve_points_and_then_locked():
    chart = xmr(STEADY + RISEN)
    assert {point.limits for point in chart.points} == {xmr(STEADY).points[0].limits}
    assert [point.kind for point in chart.points[12:]] == [PointKind.IMPROVEMENT] * 8
    assert not chart.trial_limits


def test_eleven_points_give_trial_limits():
    chart = xmr(STEADY[:11])
    assert chart.trial_limits
    assert chart.phases[0].baseline_points == 11
    assert not xmr(STEADY).trial_limits


def test_one_point_has_no_limits_and_none_no_chart():
    assert xmr([50]).points[0].limits is None
    assert xmr([50]).points[0].kind is PointKind.COMMON_CAUSE
    assert xmr([]).points == ()
    assert xmr([]).trial_limits
    assert xmr([None, None]).latest is None
    assert xmr([None]).kind_of_latest is PointKind.COMMON_CAUSE


def test_a_bucket_without_data_is_no_point():
    gaps = [value for pair in zip(STEADY, [None] * 12, strict=True) for value in pair]
    chart = xmr(gaps)
    assert limits_of(chart, 0) == limits_of(xmr(STEADY))
    assert chart.points[1].limits is None
    assert chart.latest is chart.points[22]


def test_limits_may_begin_anew_at_the_second_point():
    assert [phase.first for phase in xmr(STEADY, ChartSettings(rebases=(1,))).phases] == [0, 1]


def test_a_rebase_makes_new_limits_and_no_range_or_run_crosses_it():
    chart = xmr(STEADY + RISEN, ChartSettings(baseline=8, rebases=(12,)))
    assert [(phase.first, phase.after, phase.trial) for phase in chart.phases] == [(0, 12, False), (12, 20, False)]
    assert limits_of(chart, 12) == limits_of(xmr(RISEN, ChartSettings(baseline=8)))
    assert {point.kind for point in chart.points} == {PointKind.COMMON_CAUSE}


@pytest.mark.parametrize("rebases", [(0,), (20,), (5, 5), (9, 4), (-1,)])
def test_a_rebase_that_cannot_be_is_refused(rebases):
    with pytest.raises(ValueError, match="rebases rise and lie within 1 and 19"):
        xmr(STEADY + RISEN, ChartSettings(rebases=rebases))


def test_a_baseline_of_one_is_refused():
    with pytest.raises(ValueError, match="at least 2 points"):
        xmr(STEADY, ChartSettings(baseline=1))
    assert not xmr(STEADY, ChartSettings(baseline=2)).trial_limits


def test_only_a_lasting_shift_that_is_no_action_allows_new_limits():
    chart = xmr(STEADY + RISEN)
    assert rebase_objection(chart, 12) is None
    assert "hide its effect" in rebase_objection(chart, 12, actions=[12])
    assert "No lasting shift" in rebase_objection(chart, 3)
    assert "No lasting shift" in rebase_objection(chart, 16)  # only four points follow
    assert "No lasting shift" in rebase_objection(chart, 1)
    for at in (0, 20):
        with pytest.raises(ValueError, match="within 1 and 19"):
            rebase_objection(chart, at)


def test_limits_are_clamped_only_where_drawn():
    limits = xmr([0.95, 0.99] * 6).points[0].limits
    assert limits.upper > 1
    assert limits.drawn().upper == 1.0
    assert limits.drawn().mean == limits.mean
    assert xmr([95, 99] * 6).points[0].limits.drawn(0, 100).upper == 100


@pytest.mark.parametrize(
    ("target", "better", "expected"),
    [
        (60, Better.HIGHER, Assurance.FAIL),
        (40, Better.HIGHER, Assurance.PASS),
        (50, Better.HIGHER, Assurance.HIT_OR_MISS),
        (60, Better.LOWER, Assurance.PASS),
        (40, Better.LOWER, Assurance.FAIL),
        (50, Better.LOWER, Assurance.HIT_OR_MISS),
        (None, Better.HIGHER, None),
        (60, Better.NEITHER, None),
    ],
)
def test_assurance_is_read_from_the_limits_in_force(target, better, expected):
    assert xmr(STEADY, ChartSettings(better=better, target=target)).assurance is expected


def test_a_target_on_a_limit_is_hit_or_missed():
    limits = xmr(STEADY).points[0].limits
    assert assurance(limits, limits.upper, Better.HIGHER) is Assurance.HIT_OR_MISS
    assert assurance(limits, limits.lower, Better.HIGHER) is Assurance.HIT_OR_MISS
    assert assurance(None, 85, Better.HIGHER) is None


def test_the_variation_icon_is_of_the_latest_point():
    assert variation(xmr(STEADY)).words == "common cause: no significant change"
    better = variation(xmr(STEADY + RISEN))
    assert (better.kind, better.words) == (PointKind.IMPROVEMENT, "special cause of improving nature, high")
    worse = variation(xmr(STEADY + RISEN, ChartSettings(better=Better.LOWER)))
    assert (worse.kind, worse.words) == (PointKind.CONCERN, "special cause of concerning nature, high")
    neither = variation(xmr(STEADY + RISEN, ChartSettings(better=Better.NEITHER)))
    assert (neither.kind, neither.colour) == (PointKind.NEUTRAL, COLOURS[PointKind.NEUTRAL])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_limits_surround_the_mean_and_screening_never_widens_them(values):
    plain, screened = (xmr(values, ChartSettings(screening=screening)).points[0].limits for screening in (False, True))
    assert plain.lower <= plain.near_lower <= plain.mean <= plain.near_upper <= plain.upper
    assert screened.upper <= plain.upper
    assert screened.lower >= plain.lower


@given(st.floats(0, 1), st.integers(2, 40))
def test_what_never_changes_is_never_special(value, number):
    assert {point.kind for point in xmr([value] * number).points} == {PointKind.COMMON_CAUSE}
