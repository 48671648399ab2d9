"""The league counts valid responses, per opportunity where all are known, and shows what they bought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.league import Entry, league, width_points


def ranks(standings):
    return [(one.rank, one.entry.key) for one in standings]


def test_most_valid_responses_first_equals_share_a_rank():
    entries = [Entry("a", 30, 2), Entry("b", 50, 0), Entry("c", 30, 40), Entry("d", 10, 0)]
    assert ranks(league(entries)) == [(1, "b"), (2, "a"), (2, "c"), (4, "d")]


def test_excluded_misuse_helps_nobody_and_is_shown():
    (first, second) = league([Entry("honest", 20, 0), Entry("gamed", 19, 300)])
    assert (first.entry.key, second.entry.excluded) == ("honest", 300)


def test_only_who_opted_in_takes_part():
    assert ranks(league([Entry("a", 30, 0), Entry("b", 90, 0, opted_in=False)])) == [(1, "a")]
    assert league([]) == ()


def test_where_all_know_their_opportunities_the_rate_decides():
    entries = [Entry("large", 50, 0, opportunities=500), Entry("small", 20, 0, opportunities=40)]
    assert ranks(league(entries)) == [(1, "small"), (2, "large")]
    assert league(entries)[0].per_opportunity == 0.5


def test_a_rate_is_not_ranked_against_a_count():
    entries = [Entry("large", 50, 0), Entry("larger", 60, 0, opportunities=600)]
    assert ranks(league(entries)) == [(1, "larger"), (2, "large")]
    assert [one.per_opportunity for one in league(entries)] == [0.1, None]


def test_what_the_responses_bought_depends_on_their_number_alone():
    (one,) = league([Entry("a", valid=60, excluded=0, before=40, previous=50)])
    assert one.width_before_points == pytest.approx(width_points(40))
    assert one.width_after_points == pytest.approx(14.0, abs=0.05)  # 85 of 100: 76.7 to 90.7
    assert one.narrowing_points == pytest.approx(width_points(40) - width_points(100))
    assert one.change == 10


def test_a_first_month_begins_from_knowing_nothing():
    (one,) = league([Entry("a", 0, 0)])
    assert (one.width_before_points, one.width_after_points, one.narrowing_points) == (100.0, 100.0, 0.0)
    assert one.change is None


@pytest.mark.parametrize(
    "entry",
    [
        Entry("a", -1, 0),
        Entry("a", 1, -1),
        Entry("a", 1, 0, before=-1),
        Entry("a", 1, 0, previous=-1),
        Entry("a", 1, 0, opportunities=0),
    ],
)
def test_impossible_counts_are_refused(entry):
    with pytest.raises(ValueError, match="0 or more"):
        league([entry])


def test_one_opportunity_is_enough_and_no_response_is_possible():
    assert league([Entry("a", 0, 0, opportunities=1, previous=0)])[0].per_opportunity == 0.0


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_every_response_buys_something(before, valid):
    (one,) = league([Entry("a", valid, 0, before=before)])
    assert one.narrowing_points > 0
