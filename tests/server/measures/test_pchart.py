"""The p-chart gives Montgomery's figures, p' those of Laney's formula, and the chart that fits is chosen by n."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.chart import ChartKind, ChartSettings, PointKind, Rule
from server.measures.part import Part
from server.measures.pchart import choose_chart, pchart, pooled_share, sigma_z

# Montgomery, Statistical Quality Control, table 7.4: purchase orders with errors.
N = (100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90)
X = (12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9)
ORDERS = [Part(x, n) for x, n in zip(X, N, strict=True)]
ALL = ChartSettings(baseline=25)


def drawn(chart, n):
    limits = next(point.limits for point in chart.points if point.n == n).drawn()
    return limits.lower, limits.upper


def test_montgomerys_purchase_orders():
    chart = pchart(ORDERS, ALL)
    assert chart.kind is ChartKind.P
    assert round(chart.points[0].limits.mean, 7) == 0.0955102
    assert tuple(round(limit, 6) for limit in drawn(chart, 100)) == (0.007335, 0.183686)
    assert tuple(round(limit, 6) for limit in drawn(chart, 80)) == (0, 0.194093)
    signals = [(index + 1, point.signal.rule) for index, point in enumerate(chart.points) if point.signal]
    assert signals == [(11, Rule.OUTSIDE)]


def test_the_baseline_is_pooled_and_locked():
    chart = pchart(ORDERS)
    assert {point.limits.mean for point in chart.points} == {sum(X[:12]) / sum(N[:12])}


def test_limits_follow_how_many_answered():
    few, many = (point.limits for point in pchart([Part(8, 10), Part(80, 100)]).points)
    assert few.mean == many.mean == 0.8
    assert few.upper - few.mean == pytest.approx((many.upper - many.mean) * 10**0.5)


def test_near_limits_are_two_of_the_three_standard_deviations_away():
    limits = pchart([Part(80, 100), Part(80, 100)]).points[0].limits
    assert (limits.near_lower, limits.near_upper) == pytest.approx((0.72, 0.88))
    assert (limits.lower, limits.upper) == pytest.approx((0.68, 0.92))


def test_people_not_answers_make_the_limits():
    chart = pchart([Part(40, 50, people=10), Part(40, 50, people=10)])
    assert chart.points[0].n == 10
    assert chart.points[0].limits == pchart([Part(8, 10), Part(8, 10)]).points[0].limits


def test_a_week_without_answers_is_no_point():
    chart = pchart([Part(8, 10), Part(0, 0), Part(9, 10)])
    assert chart.points[1] == (None, 0, None, None, PointKind.COMMON_CAUSE)
    assert chart.phases[0].baseline_points == 2


def test_all_positive_has_no_spread_and_the_first_other_answer_is_special():
    chart = pchart([Part(10, 10)] * 12 + [Part(9, 10)])
    assert [point.kind for point in chart.points] == [PointKind.COMMON_CAUSE] * 12 + [PointKind.CONCERN]


def test_laneys_limits_are_wider_by_how_much_points_differ():
    parts = [Part(x, 10_000) for x in (8500, 8700, 8400, 8650, 8450, 8600)]
    plain, prime = pchart(parts), pchart(parts, prime=True)
    widening = sigma_z(parts, pooled_share(parts))
    mean, sigma = pooled_share(parts), (pooled_share(parts) * (1 - pooled_share(parts)) / 10_000) ** 0.5
    steps = [200, 300, 250, 200, 150]
    assert widening == pytest.approx(sum(steps) / 5 / 10_000 / sigma / 1.128)
    assert prime.kind is ChartKind.P_PRIME
    assert prime.points[0].limits.upper == pytest.approx(mean + 3 * sigma * widening)
    assert [point.signal is not None for point in plain.points] != [False] * 6
    assert [point.signal for point in prime.points] == [None] * 6


def test_one_point_is_too_few_for_laney():
    assert pchart([Part(5, 10)], prime=True).points[0].limits is None
    assert sigma_z([Part(10, 10), Part(20, 20)], 1.0) == 1.0


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="within 0 and n"):
        pchart([Part(11, 10)])


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ([11] * 20, ChartKind.P),  # a device's weeks
        ([49] * 20, ChartKind.P),
        ([50] * 20, ChartKind.XMR),
        ([60, 70, 65, 58] * 5, ChartKind.XMR),
        ([75, 125] * 10, ChartKind.XMR),  # a quarter from their average
        ([74, 126] * 10, ChartKind.P),
        ([0] * 5, ChartKind.P),
        ([], ChartKind.P),
    ],
)
def test_the_chart_that_fits_few_or_unlike_answers_is_p(sizes, kind):
    assert choose_chart([Part(round(0.8 * size), size) for size in sizes]) is kind


def test_many_answers_that_scatter_more_than_chance_want_p_prime():
    scattered = [Part(x, 10_000) for x in (8500, 8700, 8400, 8650, 8450, 8600)]
    quiet = [Part(x, 10_000) for x in (8500, 8510, 8490, 8505, 8495, 8500)]
    assert choose_chart(scattered) is ChartKind.P_PRIME
    assert choose_chart(quiet) is ChartKind.XMR
    assert choose_chart([Part(x, 1000) for x in (800, 900) * 5]) is ChartKind.P_PRIME
    assert choose_chart([Part(x, 999) for x in (800, 900) * 5]) is ChartKind.XMR


PARTS = st.integers(1, 400).flatmap(lambda n: st.builds(Part, st.integers(0, n), st.just(n), st.none()))


@given(st.lists(PARTS, min_size=1, max_size=30))
def test_drawn_limits_are_proportions_around_the_mean(parts):
    for point in pchart(parts).points:
        limits = point.limits.drawn()
        assert 0 <= limits.lower <= limits.near_lower <= limits.mean <= limits.near_upper <= limits.upper <= 1
