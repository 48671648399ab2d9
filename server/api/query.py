"""The parameters of a question about figures: read from an address, checked, made into scope and period."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from server.aggregates.periods import ALL, FIRST_YEAR, FORMS, LAST_YEAR, Granularity, Period, named_period
from server.aggregates.scope import (
    Names,
    NoOrganisationError,
    Place,
    Scope,
    UnknownNameError,
    WhichOrganisationError,
    find_place,
    find_scope,
)
from server.api.problems import ParameterProblem, Problem, ProblemError, make_problem, unknown_name, wrong_parameters

NAMES_MAX = 50  # of one kind in one question: more than any page offers, and a bound on the query
ORGANISATION_MAX = 2**31 - 1  # PostgreSQL's integer


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("is not a date like 2026-11-23.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a day of the calendar.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"is not in a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]+$")]
SomeNames = Annotated[list[Name], Field(max_length=NAMES_MAX)]


class FiguresQuery(BaseModel):
    """What may stand in the address. Days are local to the organisation."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[int | None, Field(ge=1, le=ORGANISATION_MAX)] = None
    service: SomeNames = []
    team: SomeNames = []
    device: SomeNames = []
    question: SomeNames = []
    period: str | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    granularity: Granularity = Granularity.WEEK
    include_flagged: bool = False


LISTS = ("service", "team", "device", "question")
# By parameter: what it may be. The refusal of a wrong value and the reference both say it.
MEANINGS = {
    "organisation": "the number of an organisation; needed where the server holds several",
    "service": f"codes of services, at most {NAMES_MAX}",
    "team": f"codes of teams, at most {NAMES_MAX}",
    "device": f"devices, each as eight hex digits, at most {NAMES_MAX}",
    "question": f"words of questions, at most {NAMES_MAX}",
    "period": f"one of {', '.join(FORMS)}; without it and without from and to, {ALL}",
    "from": "the first day, like 2026-11-23",
    "to": "the day after the last, like 2026-11-30",
    "granularity": f"one of {', '.join(Granularity)}; weeks start on Monday",
    "include_flagged": "true or false: whether to count suspected misuse too",
}


class Asked(NamedTuple):
    """A question ready to be answered."""

    scope: Scope
    period: Period
    granularity: Granularity
    today: date


def read_query(items: Iterable[tuple[str, str]]) -> FiguresQuery:
    """The parameters of an address. Raises ProblemError that names each wrong one and says what it may be."""
    given: dict[str, Any] = {}
    for parameter, value in items:
        if parameter in LISTS:
            given.setdefault(parameter, []).append(value)
        elif parameter in given:
            raise ProblemError(wrong_parameters(_wrong(parameter, "is given twice.")))
        else:
            given[parameter] = value
    try:
        return FiguresQuery.model_validate(given)
    except ValidationError as error:
        raise ProblemError(wrong_parameters(*map(_finding, error.errors()))) from None


def resolve(session: Session, query: FiguresQuery, now: datetime) -> Asked:
    """The scope and period asked about, as seen at the instant `now`. Raises ProblemError."""
    place = resolve_place(session, query.organisation)
    names = Names(query.service, query.team, query.device, query.question, query.include_flagged)
    try:
        scope = find_scope(session, place, names)
    except UnknownNameError as error:
        raise ProblemError(_unknown(error)) from None
    today = now.astimezone(place.zone).date()
    return Asked(scope, _period(query, today), query.granularity, today)


def resolve_place(session: Session, organisation: int | None) -> Place:
    """The organisation asked about. Raises ProblemError."""
    try:
        return find_place(session, organisation)
    except UnknownNameError as error:
        raise ProblemError(_unknown(error)) from None
    except WhichOrganisationError as error:
        raise ProblemError(wrong_parameters(_wrong("organisation", str(error)))) from None
    except NoOrganisationError as error:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, str(error))) from None


def _unknown(error: UnknownNameError) -> Problem:
    detail = f"{error} Ask /api/v1/meta for what there is."
    return unknown_name(ParameterProblem(parameter=error.parameter, detail=detail))


def _period(query: FiguresQuery, today: date) -> Period:
    if query.from_ is None and query.to is None:
        period = named_period(query.period or ALL, today)
        if period is None:
            raise ProblemError(wrong_parameters(_wrong("period", f"{query.period!r} is no period.")))
        return period
    if query.period is not None:
        raise ProblemError(wrong_parameters(_wrong("period", "cannot be combined with from or to.")))
    if query.from_ and query.to and query.from_ >= query.to:
        raise ProblemError(wrong_parameters(_wrong("to", "is not after from.")))
    return Period(query.from_, query.to)


def _finding(error: Any) -> ParameterProblem:
    """One of pydantic's findings as a sentence."""
    parameter = str(error["loc"][0])
    if parameter not in MEANINGS:
        return ParameterProblem(parameter=parameter, detail=f"is not known here. Known are {', '.join(MEANINGS)}.")
    own = error["type"] == "value_error"
    return _wrong(parameter, str(error["ctx"]["error"]) if own else "has a value that cannot be used.")


def _wrong(parameter: str, what: str) -> ParameterProblem:
    meaning = f" It is {MEANINGS[parameter]}." if parameter in MEANINGS else ""
    return ParameterProblem(parameter=parameter, detail=what + meaning)
