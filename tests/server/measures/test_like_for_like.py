"""Devices that joined or left cannot make a change that no ward made."""

from datetime import date

import pytest

from server.measures.effect import Conclusion
from server.measures.like_for_like import Span, Stay, like_for_like
from server.measures.part import Part

SPRING, SUMMER = Span(date(2026, 3, 1), date(2026, 6, 1)), Span(date(2026, 6, 1), date(2026, 9, 1))
ALWAYS = [Stay(date(2026, 1, 1))]


def compare(stays, before, after):
    return like_for_like(stays, before, after, (SPRING, SUMMER))


def test_new_devices_in_happy_places_are_no_improvement():
    stays = {"old": ALWAYS, "new": [Stay(date(2026, 5, 20))]}
    found = compare(stays, {"old": Part(160, 200)}, {"old": Part(160, 200), "new": Part(290, 300)})
    assert found.all.conclusion is Conclusion.IMPROVED
    assert found.same.conclusion is Conclusion.NOT_SHOWN
    assert (found.same.before, found.same.after) == (Part(160, 200), Part(160, 200))
    assert (found.kept, found.joined, found.left, found.neither) == (("old",), ("new",), (), ())


def test_who_left_and_who_was_hardly_there_are_named():
    stays = {
        "kept": ALWAYS,
        "left": [Stay(date(2026, 1, 1), date(2026, 7, 1))],
        "passing": [Stay(date(2026, 4, 1), date(2026, 5, 1))],
    }
    found = compare(stays, {"left": Part(5, 10), "unplaced": Part(1, 2)}, {"kept": Part(9, 10)})
    assert (found.kept, found.left, found.neither) == (("kept",), ("left",), ("passing", "unplaced"))
    assert found.same.before == Part(0, 0)
    assert found.all.before == Part(6, 12)


def test_stays_that_follow_each_other_are_one_and_a_gap_of_a_day_is_not():
    moved_room = [Stay(date(2026, 6, 1)), Stay(date(2026, 2, 1), date(2026, 6, 1))]
    gap = [Stay(date(2026, 2, 1), date(2026, 5, 31)), Stay(date(2026, 6, 1), date(2026, 9, 1))]
    found = compare({"room": moved_room, "gap": gap}, {}, {})
    assert (found.kept, found.joined) == (("room",), ("gap",))


def test_a_stay_exactly_as_long_as_both_periods_is_enough():
    found = compare({"exact": [Stay(date(2026, 3, 1), date(2026, 9, 1))]}, {}, {})
    assert found.kept == ("exact",)


def test_two_stays_that_begin_alike_are_no_error():
    found = compare({"twice": [Stay(date(2026, 1, 1)), Stay(date(2026, 1, 1), date(2026, 2, 1))]}, {}, {})
    assert found.kept == ("twice",)


def test_people_are_summed_where_all_say_them():
    people = {"a": Part(40, 50, people=10), "b": Part(45, 50, people=12)}
    assert compare({"a": ALWAYS, "b": ALWAYS}, people, people).same.before == Part(85, 100, people=22)
    mixed = {"a": Part(40, 50, people=10), "b": Part(45, 50)}
    assert compare({"a": ALWAYS, "b": ALWAYS}, mixed, mixed).same.before == Part(85, 100, people=60)


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends after it begins"):
        like_for_like({}, {}, {}, (SPRING, Span(SUMMER.after, SUMMER.first)))
