"""What may become of a concern, an action, a step and a text. Pure.

concern   open -> acting          an action is planned or under way
          acting -> checking      every action has ended: is it better now?
          any -> closed           somebody says why; closed -> open again
action    planned -> under way -> done; any of the first two -> dropped; dropped -> planned; done -> under way
step      open -> done or dropped, and back: people tick the wrong line
text      draft -> approved -> withdrawn; draft -> withdrawn
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from server.errors import OperatorError

OPEN, ACTING, CHECKING, CLOSED = "open", "acting", "checking", "closed"
CONCERN_STATUSES = (OPEN, ACTING, CHECKING, CLOSED)
PLANNED, UNDER_WAY, DONE, DROPPED = "planned", "under way", "done", "dropped"
ACTION_STATUSES = (PLANNED, UNDER_WAY, DONE, DROPPED)
STEP_STATUSES = (OPEN, DONE, DROPPED)
DRAFT, APPROVED, WITHDRAWN = "draft", "approved", "withdrawn"
TEXT_STATUSES = (DRAFT, APPROVED, WITHDRAWN)

ACTION_MOVES: Mapping[str, tuple[str, ...]] = {
    PLANNED: (UNDER_WAY, DROPPED),
    UNDER_WAY: (DONE, DROPPED),
    DONE: (UNDER_WAY,),
    DROPPED: (PLANNED,),
}
STEP_MOVES: Mapping[str, tuple[str, ...]] = {OPEN: (DONE, DROPPED), DONE: (OPEN,), DROPPED: (OPEN,)}
TEXT_MOVES: Mapping[str, tuple[str, ...]] = {DRAFT: (APPROVED, WITHDRAWN), APPROVED: (WITHDRAWN,), WITHDRAWN: ()}


class StatusError(OperatorError):
    """A change that does not follow from where things stand."""


def move(what: str, moves: Mapping[str, tuple[str, ...]], before: str, after: str) -> str:
    """`after`, where it may follow `before`; the same again is no change. Raises StatusError that says what may."""
    if after != before and after not in moves[before]:
        allowed = " or ".join(moves[before]) or "nothing"
        raise StatusError(f"{what} is {before}: it can become {allowed}, not {after}.")
    return after


def concern_status(actions: Collection[str]) -> str:
    """Of a concern that is not closed, by the statuses of its actions."""
    if any(status in (PLANNED, UNDER_WAY) for status in actions):
        return ACTING
    return CHECKING if DONE in actions else OPEN


class StepState(NamedTuple):
    """A step as of a day."""

    status: str
    due_on: date

    def overdue(self, today: date) -> bool:
        """Whether it should have been done by now; on the day itself it is not late yet."""
        return self.status == OPEN and self.due_on < today
