"""The league of valid responses: who collected how many. It never ranks how positive they were."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import passes
from server.aggregates.devices import Lineage
from server.aggregates.dimensions import DEVICE, FLAGGED, SERVICE, TEAM
from server.aggregates.members import members
from server.aggregates.periods import Period
from server.api.figures import Surroundings, end_of, resolved
from server.api.problems import ProblemError, in_query, wrong_fields
from server.api.query import EVERYBODY_IS_TOLD, Compare, FiguresQuery, refuse_without_effect
from server.api.resolve import Asked
from server.api.shapes import Links, Meta, ResolvedQuery
from server.api.stats.comparing import earlier, months_before
from server.fleet.league import taking_part
from server.fleet.scope import Scope
from server.fleet.tables import SCOPE_SERVICE, SCOPE_TEAM
from server.measures.league import Entry, Standing, league

BOTH_ENDS = (
    "of a league has a beginning and an end: ask for this-month, last-month, last-13-weeks or one like 2026-11, or for "
    "days with from and to."
)
BEFORE = timedelta(weeks=12)  # what an interval was made of until the period began; of months, three


class Ranked(StrEnum):
    """Who is ranked."""

    TEAM = "team"
    SERVICE = "service"
    DEVICE = "device"


class LeagueMetric(StrEnum):
    """What is ranked by."""

    N = "n"


DIMENSIONS = {Ranked.TEAM: TEAM, Ranked.SERVICE: SERVICE, Ranked.DEVICE: DEVICE}
MORE = {
    "by": f"one of {', '.join(Ranked)}: who is ranked",
    "metric": "n: valid responses; nobody is ranked by positivity",
}


class LeagueQuery(FiguresQuery):
    """Of the league."""

    by: Ranked = Ranked.TEAM
    metric: LeagueMetric = LeagueMetric.N


class LeagueResolved(ResolvedQuery):
    """With who is ranked, by what."""

    by: str
    metric: str


class LeagueRow(BaseModel):
    """One line; equals share a rank."""

    rank: int
    code: str
    name: str
    n: Annotated[int, Field(description="valid responses")]
    flagged: Annotated[int, Field(description="suspected misuse, left out")]
    previous: Annotated[int, Field(description="valid responses of the span before")]
    change: int
    width_before_points: Annotated[float, Field(description="of a 95 % interval before these responses, at 85 %")]
    width_after_points: Annotated[float, Field(description="and with them: what collecting them bought")]


class LeagueAnswer(BaseModel):
    """GET /api/v1/stats/league."""

    query: LeagueResolved
    meta: Meta
    not_taking_part: Annotated[int, Field(description="so many did not ask to be in it; they are not named")]
    data: list[LeagueRow]
    links: Links


def read_league(session: Session, asked: Asked[LeagueQuery], links: Links) -> LeagueAnswer:
    """The answer to the question. Raises ProblemError."""
    refuse_without_effect(asked.query, "min_n", EVERYBODY_IS_TOLD)
    first, after = asked.period
    if first is None or after is None:
        raise ProblemError(wrong_fields(in_query("period", BOTH_ENDS)))
    around = Surroundings(session, asked)
    dimension = DIMENSIONS[asked.query.by]

    def responses(period: Period) -> dict[object, int]:
        found = passes(session, asked.scope, period, (dimension,))
        return {key: passed.responses for (key,), passed in found.items()}

    judged = passes(session, asked.scope, asked.period, (dimension, FLAGGED))
    misuse = {key: passed.responses for (key, flagged), passed in judged.items() if flagged}
    valid = {key: passed.responses for (key, flagged), passed in judged.items() if not flagged}
    if asked.query.include_flagged:
        valid = {key: valid.get(key, 0) + misuse.get(key, 0) for key in valid.keys() | misuse.keys()}
    previous = responses(earlier(asked.period, Compare.PREVIOUS))
    before = responses(Period(months_before(first, 3) if first.day == 1 else first - BEFORE, first))
    listed = members(session, asked.scope, dimension, end_of(asked), valid)
    inside = taking_part(session, asked.place.organisation_id)
    names = {each.code: each.name for each in listed}
    entries = [
        Entry(
            each.code,
            valid.get(each.key, 0),
            misuse.get(each.key, 0),
            previous=previous.get(each.key, 0),
            before=before.get(each.key, 0),
            opted_in=_scope(each.lineage) in inside,
        )
        for each in listed
    ]
    return LeagueAnswer(
        query=LeagueResolved(**resolved(asked), by=asked.query.by, metric=asked.query.metric),
        meta=around.meta(around.target),
        not_taking_part=sum(not entry.opted_in for entry in entries),
        data=[_row(standing, names) for standing in league(entries)],
        links=links,
    )


def _scope(lineage: Lineage) -> Scope:
    """Whose word counts: the team's, of a device too; of a service, its own."""
    if lineage.team_id is not None:
        return Scope(SCOPE_TEAM, lineage.team_id)
    return Scope(SCOPE_SERVICE, lineage.service_id)


def _row(standing: Standing[str], names: dict[str, str]) -> LeagueRow:
    entry = standing.entry
    return LeagueRow(
        rank=standing.rank,
        code=entry.key,
        name=names[entry.key],
        n=entry.valid,
        flagged=entry.excluded,
        previous=entry.previous or 0,
        change=standing.change or 0,
        width_before_points=round(standing.width_before_points, 1),
        width_after_points=round(standing.width_after_points, 1),
    )
