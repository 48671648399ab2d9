"""The funnel's limits follow n, few are not judged, and nothing is ranked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.funnel import Place, _place, funnel, funnel_limits
from server.measures.part import Part
from server.measures.wilson import Z_95, Z_998


def test_limits_are_the_plain_form_around_the_pooled_share():
    assert funnel_limits(0.85, 100, Z_95) == pytest.approx((0.780015, 0.919985), abs=1e-6)
    assert funnel_limits(0.85, 100, Z_998) == pytest.approx((0.739656, 0.960344), abs=1e-6)


def test_limits_are_clipped_and_nobody_has_none():
    assert funnel_limits(0.95, 10, Z_998) == pytest.approx((0.737020, 1.0), abs=1e-6)
    assert funnel_limits(0.95, 0, Z_998) is None
    with pytest.raises(ValueError, match="within 0 and 1"):
        funnel_limits(1.2, 10, Z_95)


def test_each_team_has_its_place_in_the_order_given():
    teams = {
        "north": Part(850, 1000),
        "best": Part(100, 100),
        "good": Part(92, 100),
        "even": Part(85, 100),
        "low": Part(77, 100),
        "worst": Part(70, 100),
        "few": Part(0, 9),
    }
    found = funnel(teams)
    assert list(found.points) == list(teams)
    assert found.pooled == sum(part.chosen for part in teams.values()) / 1509
    assert [point.place for point in found.points.values()] == [
        Place.INSIDE,
        Place.ABOVE_998,
        Place.ABOVE_95,
        Place.INSIDE,
        Place.BELOW_95,
        Place.BELOW_998,
        None,
    ]
    assert [key for key, point in found.points.items() if point.hollow] == ["few"]


def test_a_point_on_a_limit_is_inside():
    """50 of 100 beside all the rest: p is 0.5, and limits are where z times 0.05 leads."""
    limits = funnel_limits(0.5, 100, 2.0)
    assert limits == (0.4, 0.6)
    assert _place(0.6, limits, limits) is _place(0.4, limits, limits) is Place.INSIDE
    assert _place(0.61, limits, limits) is Place.ABOVE_998


def test_people_not_answers_make_the_funnel_narrow():
    found = funnel({"a": Part(400, 500, people=100), "b": Part(450, 500, people=100)})
    assert found.points["a"].limits_95 == funnel_limits(0.85, 100, Z_95)
    assert funnel({"a": Part(40, 50, people=9)}).points["a"].hollow
    assert not funnel({"a": Part(40, 50, people=10)}).points["a"].hollow


def test_nobody_at_all_is_no_funnel():
    found = funnel({"a": Part(0, 0)})
    assert found.pooled is None
    assert found.points["a"] == (Part(0, 0), None, None, None, None)
    assert funnel({}).points == {}


@given(st.lists(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1))
def test_the_wider_limits_lie_outside_the_narrower_ones(pairs):
    found = funnel({index: Part(x, n) for index, (x, n) in enumerate(pairs)})
    for point in found.points.values():
        assert 0 <= point.limits_998.lower <= point.limits_95.lower <= found.pooled + 1e-12
        assert found.pooled - 1e-12 <= point.limits_95.upper <= point.limits_998.upper <= 1
        assert (point.part.n < 10) == point.hollow
