"""The parameters of a question about figures: read from an address, checked, each wrong one named with its remedy."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from protocol.record import QUALITY_DRIFTING, QUALITY_SERVER, QUALITY_UNCERTAIN, QUALITY_UNSET, STAGE_MAX
from server.aggregates.periods import ALL, FIRST_YEAR, FORMS, LAST_YEAR, Granularity
from server.api.formats import TABLES, Format
from server.api.problems import FieldProblem, ProblemError, in_query, wrong_fields
from server.measures.suppression import WITHHELD_BELOW

NAMES_MAX = 50  # of one kind in one question: more than any page offers, and a bound on the query
ORGANISATION_MAX = 2**31 - 1  # PostgreSQL's integer
ZONE_CHARACTERS_MAX = 64
EVERYBODY_IS_TOLD = "how many responses there were is told to everybody, however few."
MIN_N_MAX = 1000  # whoever wants more answers than that in every row has other means


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


def _stage(value: str) -> str:
    if value.isdecimal() and not (value.isascii() and int(value) <= STAGE_MAX):
        raise ValueError("has a number that no stage can have.")
    return value


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]+$")]
SomeNames = Annotated[list[Name], Field(max_length=NAMES_MAX)]
SomeStages = Annotated[list[Annotated[Name, AfterValidator(_stage)]], Field(max_length=NAMES_MAX)]


class TimeBasis(StrEnum):
    """Which of its two days a response belongs to."""

    ANSWERED = "answered"
    RECEIVED = "received"


class Compare(StrEnum):
    """What the totals are held against."""

    NONE = "none"
    PREVIOUS = "previous"
    YEAR = "year"
    ORGANISATION = "org"


class Quality(StrEnum):
    """What a device's clock was worth when it kept a response (docs/protocol.md)."""

    UNSET = "unset"
    UNCERTAIN = "uncertain"
    DRIFTING = "drifting"
    SERVER = "server"


QUALITIES = {
    Quality.UNSET: QUALITY_UNSET,
    Quality.UNCERTAIN: QUALITY_UNCERTAIN,
    Quality.DRIFTING: QUALITY_DRIFTING,
    Quality.SERVER: QUALITY_SERVER,
}


class FiguresQuery(BaseModel):
    """What may stand in the address of every figure. Days are local to the organisation."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[int | None, Field(ge=1, le=ORGANISATION_MAX)] = None
    directorate: SomeNames = []
    service: SomeNames = []
    team: SomeNames = []
    device: SomeNames = []
    question: SomeNames = []
    topic: SomeNames = []
    objective: SomeNames = []
    period: str | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    tz: Annotated[str | None, Field(max_length=ZONE_CHARACTERS_MAX)] = None
    time_basis: TimeBasis = TimeBasis.ANSWERED
    include_flagged: bool = False
    language: SomeNames = []
    respondent: SomeNames = []
    assisted: bool | None = None
    partial: bool | None = None
    quality: list[Quality] = []
    stage: SomeStages = []
    min_n: Annotated[int, Field(ge=WITHHELD_BELOW, le=MIN_N_MAX)] = WITHHELD_BELOW
    format: Format | None = None


class ComparedQuery(FiguresQuery):
    """Of figures whose totals can be held against others."""

    compare: Compare = Compare.NONE


class BucketsQuery(FiguresQuery):
    """Of figures by buckets."""

    granularity: Granularity = Granularity.WEEK


class SeriesQuery(BucketsQuery, ComparedQuery):
    """Of figures over time, whose totals can be held against others."""


Query = TypeVar("Query", bound=FiguresQuery)

# By parameter: what it may be. The refusal of a wrong value and the reference both say it.
MEANINGS = {
    "organisation": "the number of your organisation; it may be left out",
    "directorate": f"codes of directorates, at most {NAMES_MAX}",
    "service": f"codes of services, at most {NAMES_MAX}",
    "team": f"codes of teams, at most {NAMES_MAX}",
    "device": f"devices, each as eight hex digits, at most {NAMES_MAX}",
    "question": f"words of questions, at most {NAMES_MAX}",
    "topic": f"words of topics, at most {NAMES_MAX}: all questions about them",
    "objective": f"words of objectives, at most {NAMES_MAX}: all questions that serve them",
    "period": f"one of {', '.join(FORMS)}; without it and without from and to, {ALL}",
    "from": "the first day, like 2026-11-23",
    "to": "the day after the last, like 2026-11-30",
    "tz": "the organisation's own time zone, like Europe/London; it may be left out, and no other is answered in",
    "time_basis": f"one of {', '.join(TimeBasis)}: the day a response belongs to",
    "include_flagged": "true or false: whether to count suspected misuse too",
    "language": f"codes of the languages answered in, like en, at most {NAMES_MAX}",
    "respondent": f"codes of options like patient, family, carer, at most {NAMES_MAX}",
    "assisted": "true or false: only responses that staff helped with, or only the others",
    "partial": "true or false: only responses that were broken off, or only the others",
    "quality": f"any of {', '.join(Quality)}: of the device's clock",
    "stage": f"stages of the patient's journey: names, like during, or numbers, 0 to {STAGE_MAX}; 0 is none",
    "min_n": f"{WITHHELD_BELOW} to {MIN_N_MAX}: the fewest answers that are shown; it can only be raised",
    "format": f"one of {', '.join(TABLES)}; without it, what Accept asks for",
    "compare": f"one of {', '.join(Compare)}: what the totals are held against",
    "granularity": f"one of {', '.join(Granularity)}; weeks start on Monday",
}


def lists_of(model: type[FiguresQuery]) -> frozenset[str]:
    """The parameters that may be repeated."""
    return frozenset(name for name, field in model.model_fields.items() if _is_list(field.annotation))


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list


def read_query(items: Iterable[tuple[str, str]], model: type[Query], more: dict[str, str] | None = None) -> Query:
    """The parameters of an address. `more`: the meanings of those that only this model has.

    Raises ProblemError that names each wrong one and says what it may be.
    """
    meanings = meanings_of(model, more)
    lists = lists_of(model)
    given: dict[str, Any] = {}
    for parameter, value in items:
        if parameter in lists:
            given.setdefault(parameter, []).append(value)
        elif parameter in given:
            raise ProblemError(wrong_fields(_wrong(parameter, "is given twice.", meanings)))
        else:
            given[parameter] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        findings = {str(each["loc"][0]): each for each in error.errors()}.values()
        raise ProblemError(wrong_fields(*(_finding(each, meanings) for each in findings))) from None


def meanings_of(model: type[FiguresQuery], more: dict[str, str] | None = None) -> dict[str, str]:
    """By parameter of the model, what it may be."""
    known = {**MEANINGS, **(more or {})}
    return {name: known[name] for name in (field.alias or key for key, field in model.model_fields.items())}


def described(model: type[FiguresQuery], more: dict[str, str] | None = None) -> dict[str, Any]:
    """What the reference says about the parameters: for a route's `openapi_extra`."""
    schema = model.model_json_schema()
    meanings = meanings_of(model, more)
    return {
        "parameters": [
            {"name": name, "in": "query", "description": meanings[name], "schema": _inlined(shape, schema["$defs"])}
            for name, shape in schema["properties"].items()
        ]
    }


def _inlined(shape: Any, definitions: dict[str, Any]) -> Any:
    """Without references: the definitions of a model of parameters are no components of the reference."""
    if isinstance(shape, list):
        return [_inlined(each, definitions) for each in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(definitions[shape["$ref"].rsplit("/", 1)[1]], definitions)
    shape = {key: _inlined(value, definitions) for key, value in shape.items() if key != "title"}
    some = [each for each in shape.get("anyOf", []) if each != {"type": "null"}]
    if len(some) == 1:  # a parameter is there or not; it is never null
        shape = {key: value for key, value in shape.items() if key not in ("anyOf", "default")} | some[0]
    return shape


def _finding(error: Any, meanings: dict[str, str]) -> FieldProblem:
    """One of pydantic's findings as a sentence."""
    parameter = str(error["loc"][0])
    if parameter not in meanings:
        return in_query(parameter, f"is not known here. Known are {', '.join(meanings)}.")
    own = error["type"] == "value_error"
    return _wrong(parameter, str(error["ctx"]["error"]) if own else "has a value that cannot be used.", meanings)


def _wrong(parameter: str, what: str, meanings: dict[str, str]) -> FieldProblem:
    meaning = f" It is {meanings[parameter]}." if parameter in meanings else ""
    return in_query(parameter, what + meaning)


def refuse_without_effect(query: FiguresQuery, parameter: str, why: str) -> None:
    """Raises ProblemError for a parameter that is given and would change nothing."""
    if parameter in query.model_fields_set:
        raise wrong(parameter, f"has no effect here: {why} Ask without it.")


def wrong(parameter: str, what: str) -> ProblemError:
    """422 for a parameter that all figures share."""
    return ProblemError(wrong_fields(_wrong(parameter, what, MEANINGS)))
