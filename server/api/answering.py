"""How figures leave: in the form asked for, with an ETag, and not at all where the one who asks holds them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from server.accounts.viewer import Viewer
from server.aggregates.freshness import freshness
from server.api.conditional import any_held, headers, held, normalised, not_modified, tag
from server.api.formats import MEDIA_TYPES, TABLES, Format, chosen_format
from server.api.reference import PREFIX, refusals
from server.api.rows import Value, as_csv, as_ndjson, as_workbook
from server.api.shapes import Aside

Answer = TypeVar("Answer", bound=BaseModel)
PICTURES = (Format.SVG, Format.PNG)  # each has an address of its own
BINARY = (Format.XLSX, Format.PNG)
FLAGGED_COLUMN = "flagged_responses"
TEXT = "; charset=utf-8"


def offered(formats: Sequence[Format] = TABLES, *more: int) -> dict[int | str, dict[str, Any]]:
    """What the reference says of a route that answers in several forms: `responses=offered()`."""
    others = {MEDIA_TYPES[each]: _schema(each) for each in formats if each is not Format.JSON}
    what = "A picture of the figures" if set(formats) <= set(PICTURES) else "The figures"
    return {
        **refusals(406, *more),
        200: {"description": what, "content": others},
        304: {"description": "The one who asks holds them already: If-None-Match names this ETag"},
    }


def answered(
    request: Request,
    viewer: Viewer,
    session: Session,
    model: type[Answer],
    read: Callable[[], Answer],
    formats: Sequence[Format] = TABLES,
    *,
    name: str = "",
) -> Response:
    """The answer of `read`, whose rows are its field `data`. `name`: of a file, else that of the path.

    Raises ProblemError.
    """
    form = chosen_format(request, formats)
    etag = _tag(request, viewer, session, form)
    if held(request, etag):
        return not_modified(etag)
    answer = read()
    if any_held(request):
        return not_modified(etag)
    return _rendered(model, answer, form, name or _name(request), headers(etag))


def pictured(
    request: Request, viewer: Viewer, session: Session, draw: Callable[[], str | bytes], more: dict[str, str]
) -> Response:
    """What `draw` draws, told apart like any other answer; `more`: its own headers. Raises ProblemError.

    In the form that the address ends with.
    """
    form = chosen_format(request, [Format(request.url.path.rpartition(".")[2])])
    etag = _tag(request, viewer, session, form)
    if held(request, etag):
        return not_modified(etag)
    picture = draw()
    return not_modified(etag) if any_held(request) else Response(picture, 200, headers(etag) | more, MEDIA_TYPES[form])


def _tag(request: Request, viewer: Viewer, session: Session, form: Format) -> str:
    now: datetime = request.app.state.now()
    return tag(
        freshness(session, viewer.organisation_id),
        _hour(now),
        request.url.path,
        normalised(request.query_params.multi_items()),
        form,
        viewer.key,
    )


def _rendered(model: type[BaseModel], answer: Any, form: Format, name: str, sent: dict[str, str]) -> Response:
    if form is Format.JSON:
        return Response(answer.model_dump_json(by_alias=True), 200, sent, MEDIA_TYPES[form])
    row = get_args(model.model_fields["data"].annotation)[0]
    sent = sent | {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    following = getattr(getattr(answer, "links", None), "next", None)
    if following:
        sent = sent | {"Link": f'<{following}>; rel="next"'}
    beside = _beside(answer)
    if form is Format.XLSX:
        return Response(as_workbook(row, answer.data, answer, beside), 200, sent, MEDIA_TYPES[form])
    text = as_csv(row, answer.data, beside) if form is Format.CSV else as_ndjson(answer.data)
    return Response(text, 200, sent, MEDIA_TYPES[form] + TEXT)


def _beside(answer: Any) -> dict[str, Value]:
    """What a table says in each row, for a saved one has nothing else: the number left out as suspected misuse."""
    flagged = getattr(answer, "flagged", None)
    return {FLAGGED_COLUMN: flagged.responses} if isinstance(flagged, Aside) else {}


def _hour(now: datetime) -> str:
    """What an answer says of time itself (whether a bucket is over, a device late) is at most an hour old."""
    return now.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H")


def _name(request: Request) -> str:
    """Of the file: the last words of the path."""
    return "-".join(["pet", *request.url.path.removeprefix(PREFIX).strip("/").split("/")])


def _schema(form: Format) -> dict[str, Any]:
    return {"schema": {"type": "string", **({"format": "binary"} if form in BINARY else {})}}
