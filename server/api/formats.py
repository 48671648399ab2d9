"""In which form figures are sent: asked for by `format=`, or by the Accept header."""

from collections.abc import Sequence
from enum import StrEnum
from http import HTTPStatus

from starlette.requests import Request

from server.api.problems import ProblemError, in_query, make_problem, wrong_fields


class Format(StrEnum):
    """The value of `format=`."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    SVG = "svg"
    PNG = "png"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.NDJSON: "application/x-ndjson",
    Format.SVG: "image/svg+xml",
    Format.PNG: "image/png",
}
TABLES = (Format.JSON, Format.CSV, Format.XLSX)  # what figures are offered as; the first one where nothing is said


def chosen_format(request: Request, offered: Sequence[Format] = TABLES) -> Format:
    """`format=` goes first: a link in a browser cannot set Accept. Raises ProblemError 422 or 406."""
    asked = request.query_params.getlist("format")
    known = ", ".join(offered)
    if len(asked) > 1:
        raise ProblemError(wrong_fields(in_query("format", f"is given twice. It is one of {known}.")))
    if asked:
        if asked[0] not in offered:
            raise ProblemError(wrong_fields(in_query("format", f"is not offered here. It is one of {known}.")))
        return Format(asked[0])
    return _accepted(request.headers.get("accept", "*/*"), offered)


def _accepted(accept: str, offered: Sequence[Format]) -> Format:
    """The offered form that the header likes best; of several equally liked ones, the first offered."""
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    liking = [(_liking(MEDIA_TYPES[each], ranges), -place, each) for place, each in enumerate(offered)]
    best, _, chosen = max(liking)
    if ranges and best == 0:
        known = ", ".join(MEDIA_TYPES[each] for each in offered)
        detail = f"Nothing here is offered as {accept!r}. Accept one of {known}."
        raise ProblemError(make_problem(HTTPStatus.NOT_ACCEPTABLE, detail))
    return chosen


def _range(part: str) -> tuple[str, float]:
    """A media range and its quality, 0..1."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                quality = 0.0
    return media, quality


def _liking(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality of the narrowest range that the media type falls into (RFC 9110, 12.5.1)."""
    family = media.split("/", maxsplit=1)[0] + "/*"
    for name in (media, family, "*/*"):
        found = [quality for given, quality in ranges if given == name]
        if found:
            return max(found)
    return 0.0
