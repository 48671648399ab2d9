"""Errors as RFC 9457 problem documents: what is wrong, where in the request, what to do about it."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from server.plain_words import in_plain_words

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field of the request, and what is wrong with it."""

    pointer: Annotated[str, Field(description="JSON Pointer into the request: /query/..., /body/..., /header/...")]
    parameter: Annotated[str | None, Field(description="its name, where it is a parameter of the address")] = None
    detail: str


class Problem(BaseModel):
    """RFC 9457; `errors` where fields of the request are to blame."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []

    def response(self) -> JSONResponse:
        """As an answer to a program."""
        return JSONResponse(self.model_dump(exclude_none=True), self.status, media_type=MEDIA_TYPE)


class ProblemError(Exception):
    """Raised anywhere below a route; app.py answers with the document or, to a person, with a page."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def make_problem(status: HTTPStatus, detail: str) -> Problem:
    """A problem that no field is to blame for."""
    return Problem(title=status.phrase, status=status, detail=detail)


def in_query(parameter: str, detail: str) -> FieldProblem:
    """A parameter of the address."""
    return FieldProblem(pointer=_pointer("query", parameter), parameter=parameter, detail=detail)


def in_path(parameter: str, detail: str) -> FieldProblem:
    """A part of the path."""
    return FieldProblem(pointer=_pointer("path", parameter), parameter=parameter, detail=detail)


def in_body(*steps: str | int, detail: str) -> FieldProblem:
    """A field of the body, by the names and indexes that lead to it: "steps", 0, "owner"."""
    return FieldProblem(pointer=_pointer("body", *steps), detail=detail)


def in_header(name: str, detail: str) -> FieldProblem:
    """A header."""
    return FieldProblem(pointer=_pointer("header", name), detail=detail)


def wrong_fields(*errors: FieldProblem) -> Problem:
    """422, for values that can never be right."""
    return _blame("Wrong value", HTTPStatus.UNPROCESSABLE_ENTITY, errors)


def unknown_name(error: FieldProblem) -> Problem:
    """404, for a name that nothing carries which the viewer may see."""
    return _blame("Not found", HTTPStatus.NOT_FOUND, [error])


def conflict(*errors: FieldProblem) -> Problem:
    """409, for what is right in itself and does not fit what is stored."""
    return _blame("Conflict", HTTPStatus.CONFLICT, errors)


def invalid_request(error: RequestValidationError) -> Problem:
    """What FastAPI found wrong with a request, each finding with its place."""
    return wrong_fields(*map(_finding, _distinct(error.errors())))


def _distinct(findings: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """One a place: of a value that may be of several types, pydantic says what is wrong with it as each of them."""
    by_place: dict[object, dict[str, object]] = {}
    for finding in findings:
        by_place.setdefault(finding["loc"], finding)
    return list(by_place.values())


def _finding(finding: dict[str, object]) -> FieldProblem:
    place = finding["loc"]
    assert isinstance(place, tuple)
    part, *steps = place
    detail = f"{in_plain_words(finding)}."
    if part == "query" and steps:
        return in_query(str(steps[0]), detail)
    if part == "path" and steps:
        return in_path(str(steps[0]), detail)
    if finding["type"] == "json_invalid":
        return in_body(detail=f"{detail} Look around character {steps[0] if steps else 0}.")
    return FieldProblem(pointer=_pointer(*place), detail=detail)


def _pointer(*steps: object) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _blame(title: str, status: HTTPStatus, errors: Sequence[FieldProblem]) -> Problem:
    detail = " ".join(f"{error.parameter or error.pointer}: {error.detail}" for error in errors)
    return Problem(title=title, status=status, detail=detail, errors=list(errors))
