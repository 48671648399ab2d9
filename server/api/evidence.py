"""The auditor's export over the interface: the signed bytes behind a figure, within what the auditor may see."""

from datetime import date
from tempfile import TemporaryFile
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.scope import Names, UnknownNameError, find_place, find_scope
from server.api.access import needs
from server.api.parameters import only
from server.api.problems import ProblemError, in_query, unknown_name, wrong_fields
from server.api.query import NAMES_MAX, Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession
from server.evidence.export import Figure, count_responses, export_evidence

RESPONSES_MAX = 50_000  # some 20 MB, made while somebody waits; `pet export-evidence` writes any number
MEDIA_TYPE = "application/zip"
SEAL_IN_NAME = 16  # hex digits of it: enough that nobody makes another file with the same
BINARY = {"type": "string", "format": "binary"}
LISTS = ("service", "team", "device")

router = APIRouter(prefix=PREFIX, tags=["audit"], responses=refusals())
SomeNames = Annotated[list[Name], Query(max_length=NAMES_MAX)]


@router.get(
    "/evidence",
    operation_id="export_evidence",
    response_class=Response,
    responses={200: {"description": "a ZIP file", "content": {MEDIA_TYPE: {"schema": BINARY}}}},
    dependencies=[only(*LISTS, "from", "to", lists=LISTS)],
)
def get_evidence(
    request: Request,
    viewer: Annotated[Viewer, needs(Right.EXPORT_EVIDENCE)],
    session: OpenSession,
    service: SomeNames = [],  # noqa: B006 - FastAPI copies it
    team: SomeNames = [],  # noqa: B006
    device: SomeNames = [],  # noqa: B006
    from_: Annotated[date | None, Query(alias="from", description="the first local day")] = None,
    to: Annotated[date | None, Query(description="the local day after the last")] = None,
) -> Response:
    """The responses behind a figure with their signed batches, placements, questionnaires and flags, in one file."""
    if from_ is not None and to is not None and from_ >= to:
        raise ProblemError(wrong_fields(in_query("to", "is not after from.")))
    names = Names(service, team, device)
    figure = _figure(session, viewer, names, from_, to, request)
    found = count_responses(session, figure)
    if found > RESPONSES_MAX:
        detail = (
            f"leaves {found} responses: over the interface at most {RESPONSES_MAX} are handed over. Ask for a "
            "shorter period or fewer teams, or have `pet export-evidence` run on the server."
        )
        raise ProblemError(wrong_fields(in_query("from", detail)))
    asked = {"service": service, "team": team, "device": device, "from": from_, "to": to, "by": viewer.actor}
    with TemporaryFile() as file:
        exported = export_evidence(session, figure, asked, request.app.state.now(), file)
        file.seek(0)
        content = file.read()
    name = f"pet-evidence-{exported.seal[:SEAL_IN_NAME]}.zip"
    sent = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA_TYPE, headers=sent)


def _figure(
    session: Session, viewer: Viewer, names: Names, from_day: date | None, to_day: date | None, request: Request
) -> Figure:
    place = find_place(session, viewer.organisation_id)
    today = request.app.state.now().astimezone(place.zone).date()
    try:
        scope = find_scope(session, place, names, viewer, today)
    except UnknownNameError as error:
        raise ProblemError(unknown_name(in_query(error.parameter, str(error)))) from None
    allowed = viewer.teams(Right.EXPORT_EVIDENCE)
    return Figure(place.organisation_id, scope.services, scope.teams, scope.devices, from_day, to_day, allowed)
