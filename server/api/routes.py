"""The routes of /api/v1, and the two that operators watch. Thin: a question in, an answer out."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session

from server.aggregates.catalogue import organisations
from server.api.catalogue import read_meta
from server.api.figures import read_timeseries
from server.api.problems import MEDIA_TYPE, Problem
from server.api.query import MEANINGS, ORGANISATION_MAX, FiguresQuery, read_query
from server.api.shapes import MetaAnswer, TimeseriesAnswer

PREFIX = "/api/v1"
PROBLEM = {"model": Problem, "content": {MEDIA_TYPE: {}}}
REFUSALS: dict[int | str, dict[str, Any]] = {404: PROBLEM, 422: PROBLEM, 503: PROBLEM}

api = APIRouter(prefix=PREFIX, tags=["figures"])
operations = APIRouter(tags=["operations"])


def open_session(request: Request) -> Iterator[Session]:
    """One read-only view of the database, in which all figures of one answer agree."""
    with Session(request.app.state.engine) as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]
OrganisationNumber = Annotated[int | None, Query(ge=1, le=ORGANISATION_MAX)]


def _parameters() -> dict[str, Any]:
    """What the reference says about the parameters; they are read by api/query.py, which names wrong ones."""
    schema = FiguresQuery.model_json_schema(ref_template="#/components/schemas/{model}")
    properties = schema["properties"] | {"granularity": schema["$defs"]["Granularity"]}
    return {
        "parameters": [
            {"name": name, "in": "query", "description": MEANINGS[name], "schema": properties[name]}
            for name in properties
        ]
    }


@api.get("/stats/timeseries", operation_id="timeseries", responses=REFUSALS, openapi_extra=_parameters())
def get_timeseries(request: Request, session: OpenSession) -> TimeseriesAnswer:
    """Positivity over time, with n and interval, of the services, teams, devices and questions asked about."""
    query = read_query(request.query_params.multi_items())
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return read_timeseries(session, query, request.app.state.now(), address)


@api.get("/meta", operation_id="meta", responses=REFUSALS)
def get_meta(session: OpenSession, organisation: OrganisationNumber = None) -> MetaAnswer:
    """What can be asked about: services, teams, devices and questions, by the names that a question uses."""
    return read_meta(session, organisation)


@operations.get("/healthz", operation_id="healthz")
def get_health() -> dict[str, str]:
    """Whether this process answers at all."""
    return {"status": "ok"}


@operations.get("/readyz", operation_id="readyz", responses={503: PROBLEM})
def get_readiness(session: OpenSession) -> dict[str, str]:
    """Whether the database answers and has its tables; 503 otherwise."""
    organisations(session)
    return {"status": "ok"}
