"""Who is heard and who is not: teams with their devices and responses, also those that have none."""

from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from server.aggregates.counts import Passes, passes
from server.aggregates.dimensions import TEAM, bucket
from server.aggregates.outside import published_period
from server.aggregates.periods import Bucket, Granularity, Period, buckets, whole_bucket
from server.aggregates.scope import Scope
from server.aggregates.timeseries import BUCKETS_MAX, TooManyBucketsError
from server.database import on_keys
from server.fleet.tables import ACTIVE, Device, Placement, Service, Team
from server.ingest.tables import UNDATED


class TeamCoverage(NamedTuple):
    """A team, how many devices in use are placed with it, and how many responses there were."""

    team_id: int
    code: str
    name: str
    service_code: str
    devices: int
    responses: int


def coverage(session: Session, scope: Scope, period: Period, at: datetime) -> list[TeamCoverage]:
    """Every team of the scope, by service and name; its devices are those placed at the instant `at`."""
    placed = (
        select(Placement.organisation_id, Placement.team_id, func.count().label("devices"))
        .join(Device, on_keys(Device, Placement, "device_id"))
        .where(Device.state == ACTIVE, Placement.from_at <= at, or_(Placement.to_at.is_(None), Placement.to_at > at))
        .group_by(Placement.organisation_id, Placement.team_id)
        .subquery()
    )
    here = (placed.c.organisation_id == Team.organisation_id, placed.c.team_id == Team.team_id)
    query = (
        select(Team.team_id, Team.code, Team.name, Service.code, func.coalesce(placed.c.devices, 0))
        .join(Service, on_keys(Service, Team, "service_id"))
        .outerjoin(placed, and_(*here))
        .where(Team.organisation_id == scope.place.organisation_id)
        .order_by(Service.code, Team.name)
    )
    if scope.visible is not None:
        query = query.where(Team.team_id.in_(scope.visible))
    query = query.where(Team.team_id.in_(scope.teams)) if scope.teams else query
    query = query.where(Team.service_id.in_(scope.services)) if scope.services else query
    query = query.where(Service.directorate_id.in_(scope.directorates)) if scope.directorates else query
    found = passes(session, scope, period, (TEAM,))
    return [
        TeamCoverage(team_id, code, name, service, devices, found.get((team_id,), Passes()).responses)
        for team_id, code, name, service, devices in session.execute(query)
    ]


def responses_since_start(
    session: Session, scope: Scope, period: Period, granularity: Granularity, today: date
) -> list[tuple[Bucket, int]]:
    """At the end of each bucket of the period, how many responses there had been since the start, undated ones left
    out: nobody knows since when they count.
    """
    covered = published_period(scope, period, granularity)
    found = passes(session, scope, Period(None, covered.after), (bucket(granularity),), undated=False)
    starts = sorted(start for (start,) in found if start != UNDATED)
    first = covered.first or (starts[0] if starts else today)
    after = covered.after or whole_bucket(max([today, *starts[-1:]]), granularity).after
    before = sum(found[start,].responses for start in starts if start < whole_bucket(first, granularity).first)
    drawn = buckets(first, after, granularity)
    if len(drawn) > BUCKETS_MAX:
        raise TooManyBucketsError(len(drawn), granularity)
    each = [found.get((whole_bucket(one.first, granularity).first,), Passes()).responses for one in drawn]
    return list(zip(drawn, list(accumulate(each, initial=before))[1:], strict=True))
