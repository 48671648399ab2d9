"""What may follow what."""

from datetime import date

import pytest

from server.improvement.status import (
    ACTION_MOVES,
    ACTION_STATUSES,
    STEP_MOVES,
    STEP_STATUSES,
    TEXT_MOVES,
    TEXT_STATUSES,
    StatusError,
    StepState,
    concern_status,
    move,
)


@pytest.mark.parametrize(
    ("moves", "statuses"),
    [(ACTION_MOVES, ACTION_STATUSES), (STEP_MOVES, STEP_STATUSES), (TEXT_MOVES, TEXT_STATUSES)],
)
def test_every_status_has_its_moves_and_only_those(moves, statuses):
    assert set(moves) == set(statuses)
    for before in statuses:
        for after in statuses:
            if after == before or after in moves[before]:
                assert move("it", moves, before, after) == after
            else:
                with pytest.raises(StatusError, match=f"it is {before}: it can become .*, not {after}"):
                    move("it", moves, before, after)


def test_a_withdrawn_text_comes_back_as_a_new_one_only():
    with pytest.raises(StatusError, match="can become nothing"):
        move("it", TEXT_MOVES, "withdrawn", "approved")


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        ([], "open"),
        (["dropped"], "open"),
        (["planned"], "acting"),
        (["done", "under way"], "acting"),
        (["done", "dropped"], "checking"),
    ],
)
def test_a_concern_stands_where_its_actions_are(actions, status):
    assert concern_status(actions) == status


def test_a_step_is_late_the_day_after_it_was_due():
    day = date(2026, 11, 23)
    assert not StepState("open", day).overdue(day)
    assert StepState("open", date(2026, 11, 22)).overdue(day)
    assert not StepState("done", date(2026, 11, 22)).overdue(day)
