"""The catalogue's route, and the two that operators watch."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.catalogue import organisations
from server.api.access import needs, public
from server.api.catalogue import read_meta
from server.api.catalogue_shapes import MetaAnswer
from server.api.parameters import only
from server.api.query import ORGANISATION_MAX
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession

api = APIRouter(prefix=PREFIX, tags=["figures"])
operations = APIRouter(tags=["operations"])

OrganisationNumber = Annotated[int | None, Query(ge=1, le=ORGANISATION_MAX)]


@api.get("/meta", operation_id="meta", responses=refusals(), dependencies=[only("organisation")])
def get_meta(
    request: Request,
    viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)],
    session: OpenSession,
    organisation: OrganisationNumber = None,
) -> MetaAnswer:
    """What can be asked about: services, teams, devices and questions, by the names that a question uses."""
    return read_meta(session, viewer, request.app.state.now(), organisation)


@operations.get("/healthz", operation_id="healthz", dependencies=[public])
def get_health() -> dict[str, str]:
    """Whether this process answers at all."""
    return {"status": "ok"}


@operations.get("/readyz", operation_id="readyz", responses=refusals(), dependencies=[public])
def get_readiness(session: OpenSession) -> dict[str, str]:
    """Whether the database answers and has its tables; 503 otherwise."""
    organisations(session)
    return {"status": "ok"}
