"""What the forms of administration have beyond others: refusals in words beside a field, and days for instants."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from server.api.problems import FieldProblem, ProblemError, in_body, wrong_fields

NOT_A_DAY = "Enter a day, like 2027-01-31"


class NoFields(BaseModel):
    """A form that is a button."""

    model_config = ConfigDict(extra="forbid")


@contextmanager
def in_words(*field: str) -> Iterator[None]:
    """What the interface refuses to this person stands beside `field` (none: above the form), not on a page of its own.

    What is not there for them (404) stays so.
    """
    try:
        yield
    except ProblemError as error:
        problem = error.problem
        if problem.status == HTTPStatus.FORBIDDEN:
            raise ProblemError(wrong_fields(in_body(*field, detail=problem.detail))) from None
        if problem.errors:
            problem = problem.model_copy(update={"errors": [_begun(each) for each in problem.errors]})
        raise ProblemError(problem) from None


def _begun(error: FieldProblem) -> FieldProblem:
    """A sentence begins with a capital letter, unless with an address, before which the field's label comes."""
    first = error.detail.split(" ", 1)[0]
    if "@" in first or error.pointer == "/body/email" or not error.pointer.startswith("/body/"):
        return error
    return error.model_copy(update={"detail": error.detail[:1].upper() + error.detail[1:]})


def end_of_day(typed: str, zone: ZoneInfo) -> str | None:
    """The instant at which a day that somebody typed is over, as the interface takes it; None: it is no day."""
    try:
        last = date.fromisoformat(typed)
        return datetime.combine(last + timedelta(days=1), time(), zone).isoformat()
    except (ValueError, OverflowError):
        return None
