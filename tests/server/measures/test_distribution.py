"""Shares add up to one, each with its own interval, and none is shown of too few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.distribution import distribution
from server.measures.wilson import Z_95, Z_998, wilson_interval


def test_each_option_has_its_share_and_interval():
    excellent, good, fair, poor = distribution([92, 60, 34, 14])
    assert (excellent.share, good.share, fair.share, poor.share) == (0.46, 0.3, 0.17, 0.07)
    assert poor.interval == wilson_interval(14, 200)
    assert distribution([92, 60, 34, 14], Z_998)[3].interval == wilson_interval(14, 200, Z_998)


def test_nine_answers_have_counts_only_and_a_reader_may_ask_for_more():
    assert distribution([4, 5]) == ((4, 9, None, None), (5, 9, None, None))
    assert distribution([5, 5])[0].share == 0.5
    assert distribution([5, 5], percent_from=11)[0].share is None


def test_no_answers_have_no_share_whatever_the_threshold():
    assert distribution([0, 0], percent_from=0)[0] == (0, 0, None, None)
    assert distribution([]) == ()
    assert distribution([1, 0], percent_from=0)[0].share == 1.0


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="fewer than 0"):
        distribution([3, -1])


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_shares_are_a_whole(counts):
    shares = distribution(counts, Z_95, percent_from=1)
    if sum(counts):
        assert sum(one.share for one in shares) == pytest.approx(1)
        assert all(
            one.interval.lower <= one.share + 1e-12 and one.share - 1e-12 <= one.interval.upper for one in shares
        )
    else:
        assert all(one.share is None for one in shares)
