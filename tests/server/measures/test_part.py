"""A part knows what it is a share of, and how many people stand behind it."""

import pytest

from server.measures.part import Part


def test_people_bound_what_answers_can_prove():
    assert Part(40, 50).basis == 50
    assert Part(40, 50, people=10).basis == 10
    assert Part(40, 50, people=60).basis == 50
    assert Part(40, 50, people=10).weighed == 8
    assert Part(40, 50).weighed == 40


def test_nobody_has_no_share():
    assert Part(0, 0).share is None
    assert Part(0, 0, people=0).basis == 0
    Part(0, 0, people=0).check()


@pytest.mark.parametrize("part", [Part(-1, 5), Part(6, 5), Part(0, -1), Part(1, 2, people=-1)])
def test_impossible_parts_are_refused(part):
    with pytest.raises(ValueError, match="within 0 and n"):
        part.check()


def test_parts_are_added():
    assert Part(1, 2).plus(Part(3, 4)) == Part(4, 6)
    assert Part(1, 2, people=1).plus(Part(3, 4)) == Part(3, 4).plus(Part(1, 2, people=1)) == Part(4, 6, people=5)
