"""What the capabilities refuse, said as a problem at the field of the request that is to blame."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.api.problems import ProblemError, conflict, in_body, in_path, unknown_name, wrong_fields
from server.errors import OperatorError


@contextmanager
def blaming(*steps: str | int) -> Iterator[None]:
    """422 at this place of the body for whatever can never be right."""
    try:
        yield
    except OperatorError as error:
        raise ProblemError(wrong_fields(in_body(*steps, detail=str(error)))) from None


@contextmanager
def conflicting(*steps: str | int) -> Iterator[None]:
    """409 at this place of the body for what does not fit what is stored."""
    try:
        yield
    except OperatorError as error:
        raise ProblemError(conflict(in_body(*steps, detail=str(error)))) from None


@contextmanager
def looking_for(parameter: str) -> Iterator[None]:
    """404 at this part of the path for what is not there."""
    try:
        yield
    except OperatorError as error:
        raise ProblemError(unknown_name(in_path(parameter, str(error)))) from None
