"""The heat map knows local hours: the one that occurs twice, the one that never comes, weeks of 167 and 169 hours."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from server.measures.heatmap import Square, heatmap, hours_passed, square_of
from server.measures.part import Part
from server.measures.wilson import wilson_interval

LONDON = ZoneInfo("Europe/London")
SUNDAY = 6


def test_an_instant_belongs_to_its_local_hour():
    assert square_of(datetime(2026, 3, 29, 23, 30, tzinfo=UTC), LONDON) == Square(0, 0)  # Monday 00:30 BST
    assert square_of(datetime(2026, 11, 23, 9, 59, tzinfo=UTC), LONDON) == Square(0, 9)


def test_the_hour_that_occurs_twice_is_one_square():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 01:30 BST
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 01:30 GMT
    assert square_of(first, LONDON) == square_of(second, LONDON) == Square(SUNDAY, 1)


@pytest.mark.parametrize(
    ("monday", "hours", "square", "passed"),
    [
        (date(2026, 3, 23), 167, Square(SUNDAY, 1), 0),
        (date(2026, 10, 19), 169, Square(SUNDAY, 1), 2),
        (date(2026, 6, 1), 168, Square(SUNDAY, 1), 1),
    ],
)
def test_weeks_of_clock_changes_have_an_hour_less_or_more(monday, hours, square, passed):
    found = hours_passed(monday, date.fromordinal(monday.toordinal() + 7), LONDON)
    assert len(found) == 168
    assert sum(found.values()) == hours
    assert found[square] == passed
    assert [one for one, number in found.items() if number != 1] == ([square] if passed != 1 else [])


def test_a_year_with_week_53_has_its_hours():
    assert sum(hours_passed(date(2026, 1, 1), date(2027, 1, 1), LONDON).values()) == 365 * 24
    week_53 = hours_passed(date(2026, 12, 28), date(2027, 1, 4), LONDON)
    assert set(week_53.values()) == {1}


def test_a_day_that_a_zone_skipped_has_no_hours():
    found = hours_passed(date(2011, 12, 30), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
    assert sum(found.values()) == 0


def test_each_of_the_168_has_count_rate_and_share():
    hours = hours_passed(date(2026, 10, 19), date(2026, 10, 26), LONDON)
    cells = heatmap({Square(SUNDAY, 1): Part(18, 20), Square(0, 9): Part(5, 9)}, hours)
    assert [cell.square for cell in cells] == [Square(weekday, hour) for weekday in range(7) for hour in range(24)]
    twice, few, empty = cells[6 * 24 + 1], cells[9], cells[0]
    assert (twice.hours, twice.per_hour, twice.share) == (2, 10, 0.9)
    assert twice.interval == wilson_interval(18, 20)
    assert (few.per_hour, few.share, few.interval) == (9, None, None)
    assert (empty.part, empty.per_hour, empty.share) == (Part(0, 0), 0, None)


def test_an_hour_that_never_came_has_no_rate():
    hours = hours_passed(date(2026, 3, 23), date(2026, 3, 30), LONDON)
    assert heatmap({}, hours)[6 * 24 + 1].per_hour is None


def test_a_reader_may_ask_for_more_answers():
    assert heatmap({Square(0, 9): Part(9, 12)}, {}, percent_from=13)[9].share is None
    assert heatmap({Square(0, 9): Part(9, 12)}, {}, percent_from=12)[9].share == 0.75
    assert heatmap({Square(0, 9): Part(9, 12)}, {})[9].share == 0.75


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        square_of(datetime(2026, 1, 1), LONDON)  # noqa: DTZ001 - that it has none is the point
    for square in (Square(7, 0), Square(-1, 0), Square(0, 24), Square(0, -1)):
        with pytest.raises(ValueError, match="no Square"):
            heatmap({square: Part(1, 1)}, {})
    with pytest.raises(ValueError, match="ends after"):
        hours_passed(date(2026, 1, 2), date(2026, 1, 1), LONDON)
