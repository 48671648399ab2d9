"""Days from concern to first action, with those still waiting beside them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.measures.time_to_action import Raised, time_to_action

RAISED = datetime(2026, 6, 1, 9, tzinfo=UTC)
NOW = RAISED + timedelta(days=30)


def test_the_median_is_of_those_acted_on_and_the_rest_is_counted():
    concerns = [
        Raised(RAISED, RAISED + timedelta(days=2)),
        Raised(RAISED, RAISED + timedelta(days=5)),
        Raised(RAISED, RAISED + timedelta(hours=12)),
        Raised(RAISED + timedelta(days=10)),
        Raised(RAISED, None, RAISED + timedelta(days=20)),
    ]
    assert time_to_action(concerns, NOW) == (3, 1, 1, 2.0, 5.0, 20.0)


def test_nothing_to_say_is_none_not_zero():
    assert time_to_action([], NOW) == (0, 0, 0, None, None, None)
    assert time_to_action([Raised(RAISED)], NOW).median_days is None


def test_an_action_that_was_under_way_counts_as_at_once():
    assert time_to_action([Raised(RAISED, RAISED - timedelta(days=3))], NOW).median_days == 0.0


def test_days_are_real_days_across_a_clock_change():
    london = ZoneInfo("Europe/London")
    raised = datetime(2026, 10, 24, 12, tzinfo=london)
    acted = datetime(2026, 10, 25, 12, tzinfo=london)  # 25 hours later
    assert time_to_action([Raised(raised, acted)], NOW + timedelta(days=365)).median_days == pytest.approx(25 / 24)


def test_impossible_instants_are_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        time_to_action([Raised(datetime(2026, 6, 1))], NOW)  # noqa: DTZ001 - that it has none is the point
    assert time_to_action([Raised(NOW)], NOW).longest_waiting_days == 0.0
    with pytest.raises(ValueError, match="after now"):
        time_to_action([Raised(NOW + timedelta(seconds=1))], NOW)
