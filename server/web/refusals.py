"""What went wrong, in the words of somebody who reads pages; the interface's own words stand below them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from server.api.problems import Problem

TITLES = {
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.UNPROCESSABLE_ENTITY: "These figures cannot be shown",
    HTTPStatus.SERVICE_UNAVAILABLE: "The figures are not available just now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here",
}
# By parameter: the noun that people know it by.
NOUNS = {
    "organisation": "organisation",
    "service": "service",
    "team": "team",
    "device": "device",
    "question": "question",
    "period": "period",
    "from": "first day",
    "to": "last day",
    "granularity": "choice of points",
    "include_flagged": "choice about suspected misuse",
}
SHOWN_MAX = 60  # letters of a value that is said back; longer ones are no names


def title(problem: Problem) -> str:
    """The heading of the page."""
    return TITLES.get(HTTPStatus(problem.status), problem.title)


def sentences(problem: Problem, given: Mapping[str, Sequence[str]]) -> list[str]:
    """One for each parameter to blame, with what the address gave for it; else the problem's own."""
    if not problem.errors:
        return [problem.detail]
    missing = problem.status == HTTPStatus.NOT_FOUND
    names = [error.parameter or error.pointer for error in problem.errors]
    return [_sentence(name, given.get(name, ()), missing=missing) for name in names]


def _sentence(parameter: str, values: Sequence[str], *, missing: bool) -> str:
    noun = NOUNS.get(parameter)
    if noun is None:
        return f"The address holds {_quoted([parameter])}, which these pages do not know."
    if not values:
        return f"The address has to say which {noun} is meant."
    if missing and len(values) == 1:
        return f"There is no {noun} {_quoted(values)} here."
    if missing:
        return f"One of these is no {noun} here: {_quoted(values)}."
    return f"The {noun} {_quoted(values)} in the address cannot be used."


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"“{value[:SHOWN_MAX]}{'…' if len(value) > SHOWN_MAX else ''}”" for value in values)
