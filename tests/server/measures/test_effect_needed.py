"""How many more responses would tell: with so many more the comparison decides, with one fewer it does not."""

import pytest

from server.measures.effect import Conclusion, compare
from server.measures.effect_needed import NEEDED_MAX, UNDECIDED, more_needed
from server.measures.part import Part


@pytest.mark.parametrize(
    ("before", "after"),
    [(Part(76, 100), Part(86, 100)), (Part(280, 364), Part(24, 28)), (Part(150, 200, 70), Part(52, 60, 20))],
)
def test_so_many_more_would_tell_and_fewer_would_not(before, after):
    needed = more_needed(before, after)
    assert compare(before, after).conclusion in UNDECIDED
    for more, decided in ((needed, True), (needed - 1, False)):
        grown = (after.basis + more) / after.basis
        people = None if after.people is None else after.people + more
        later = Part(round(after.chosen * grown), round(after.n * grown), people)
        assert (compare(before, later).conclusion not in UNDECIDED) == decided


def test_what_is_decided_needs_none_and_no_change_is_never_shown():
    assert compare(Part(152, 200), Part(172, 200)).conclusion is Conclusion.IMPROVED
    assert more_needed(Part(152, 200), Part(172, 200)) == 0
    assert more_needed(Part(1, 5), Part(5, 5)) == 0  # too few to compare at all
    assert more_needed(Part(80, 100), Part(40, 50)) is None
    assert NEEDED_MAX >= 1000
