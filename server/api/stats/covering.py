"""Coverage: which teams are heard at all, and how many responses there are since the start."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.coverage import coverage as presences
from server.api.figures import Surroundings, end_of, flagged_beside, percent, resolved
from server.api.query import EVERYBODY_IS_TOLD, FiguresQuery, refuse_without_effect
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, Percent, ResolvedQuery
from server.measures.coverage import TeamPresence, coverage


class CoverageRow(BaseModel):
    """One team, heard or not."""

    code: str
    name: str
    service: Annotated[str, Field(description="the code of its service")]
    devices: Annotated[int, Field(description="placed with it")]
    n: Annotated[int, Field(description="responses in the period")]
    heard: Annotated[str, Field(description="has data; has a device, no data; or has no device")]


class CoverageAnswer(BaseModel):
    """GET /api/v1/stats/coverage."""

    query: ResolvedQuery
    meta: Meta
    with_data: int
    without_data: Annotated[int, Field(description="teams that have a device and no data")]
    without_device: int
    share_heard: Annotated[Percent | None, Field(description="teams with data out of all")]
    data: list[CoverageRow]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_coverage(session: Session, asked: Asked[FiguresQuery], links: Links) -> CoverageAnswer:
    """The answer to the question. Raises ProblemError."""
    refuse_without_effect(asked.query, "min_n", EVERYBODY_IS_TOLD)
    around = Surroundings(session, asked)
    teams = presences(session, asked.scope, asked.period, end_of(asked))
    found = coverage([TeamPresence(team, team.devices, team.responses) for team in teams])
    return CoverageAnswer(
        query=ResolvedQuery(**resolved(asked)),
        meta=around.meta(around.target),
        with_data=found.with_data,
        without_data=found.without_data,
        without_device=found.without_device,
        share_heard=percent(None if found.share_heard is None else 100 * found.share_heard),
        data=[
            CoverageRow(
                code=line.team.key.code,
                name=line.team.key.name,
                service=line.team.key.service_code,
                devices=line.team.devices,
                n=line.team.responses,
                heard=line.heard,
            )
            for line in found.lines
        ],
        flagged=flagged_beside(session, asked),
        links=links,
    )
