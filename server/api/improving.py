"""What the routes of improvement share: words in, numbers bounded, and what is wrong said as problems."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.scope import find_place
from server.api.cursors import CURSOR_CHARACTERS_MAX, make_cursor, number_part, read_cursor
from server.api.problems import ProblemError, conflict, in_body, make_problem, wrong_fields
from server.improvement.faults import ConflictError, FaultError, NotAllowedError, NotThereError
from server.improvement.identity import PatientIdentityError
from server.improvement.status import StatusError

NUMBER_MAX = 2**31 - 1  # PostgreSQL's integer
PAGE_MAX = 200
TITLE_LETTERS_MAX = 200
WORDS_LETTERS_MAX = 4000  # a page of print

Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
NumberInPath = Annotated[int, Path(ge=1, le=NUMBER_MAX)]
_TEXT = r"^[^\x00]*$"  # PostgreSQL's text holds every letter but this one
Title = Annotated[str, Field(min_length=1, max_length=TITLE_LETTERS_MAX, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Words = Annotated[str, Field(max_length=WORDS_LETTERS_MAX, pattern=_TEXT)]
Code = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]

Row = TypeVar("Row")


class Body(BaseModel):
    """A request's body: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class PageLinks(BaseModel):
    """Addresses around a page."""

    next: str | None


class Page(BaseModel):
    """What every list answers beside its rows."""

    links: PageLinks


@contextmanager
def problems() -> Iterator[None]:
    """What improvement refuses, as problem documents."""
    try:
        yield
    except NotThereError as error:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, str(error))) from None
    except NotAllowedError as error:
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, str(error))) from None
    except FaultError as error:
        raise ProblemError(wrong_fields(in_body(*error.steps, detail=str(error)))) from None
    except PatientIdentityError as error:
        raise ProblemError(wrong_fields(in_body(*error.steps, detail=str(error)))) from None
    except (ConflictError, StatusError) as error:
        raise ProblemError(conflict(in_body(detail=str(error)))) from None


def now_of(request: Request) -> datetime:
    """The application's clock."""
    now: datetime = request.app.state.now()
    return now


def today_of(request: Request, session: Session, viewer: Viewer) -> date:
    """The local day of the viewer's organisation."""
    return now_of(request).astimezone(zone_of(session, viewer)).date()


def zone_of(session: Session, viewer: Viewer) -> ZoneInfo:
    """Of the viewer's organisation."""
    return find_place(session, viewer.organisation_id).zone


class AskedPage(NamedTuple):
    """Rows with numbers below `before` (None: from the newest on), at most `limit` of them."""

    before: int | None
    limit: int


def _asked_page(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> AskedPage:
    """Raises ProblemError for a cursor that is not this question's."""
    place = read_cursor(request.query_params.multi_items(), number_part) if cursor is not None else None
    return AskedPage(None if place is None else place[0], limit)


PAGING = ("cursor", "limit")  # the parameters of a page
Paged = Annotated[AskedPage, Depends(_asked_page)]


def page_of(
    request: Request, asked: AskedPage, found: Sequence[Row], number_of: Callable[[Row], int]
) -> tuple[list[Row], PageLinks]:
    """Of one row more than the page holds,: those of the page, and where the next one is."""
    rows = list(found[: asked.limit])
    if len(found) <= asked.limit:
        return rows, PageLinks(next=None)
    cursor = make_cursor(request.query_params.multi_items(), [number_of(rows[-1])])
    query = request.url.include_query_params(cursor=cursor).query
    return rows, PageLinks(next=f"{request.url.path}?{query}")
