"""Errors as RFC 9457 problem documents: what is wrong, which parameter, what to do about it."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi.responses import JSONResponse
from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"


class ParameterProblem(BaseModel):
    """One parameter of the address, and what is wrong with it."""

    parameter: str
    detail: str


class Problem(BaseModel):
    """RFC 9457; `errors` where parameters are to blame."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ParameterProblem] = []

    def response(self) -> JSONResponse:
        """As an answer to a program."""
        return JSONResponse(self.model_dump(), self.status, media_type=MEDIA_TYPE)


class ProblemError(Exception):
    """Raised anywhere below a route; app.py answers with the document or, to a person, with a page."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def make_problem(status: HTTPStatus, detail: str) -> Problem:
    """A problem that no parameter is to blame for."""
    return Problem(title=status.phrase, status=status, detail=detail)


def wrong_parameters(*errors: ParameterProblem) -> Problem:
    """422, for values that can never be right."""
    return _blame("Wrong parameter", HTTPStatus.UNPROCESSABLE_ENTITY, errors)


def unknown_name(error: ParameterProblem) -> Problem:
    """404, for a name that nothing carries."""
    return _blame("Not found", HTTPStatus.NOT_FOUND, [error])


def _blame(title: str, status: HTTPStatus, errors: Sequence[ParameterProblem]) -> Problem:
    detail = " ".join(f"{error.parameter}: {error.detail}" for error in errors)
    return Problem(title=title, status=status, detail=detail, errors=list(errors))
