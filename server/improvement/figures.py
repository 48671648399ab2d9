"""The counts behind a concern, as its viewer is shown them: its question or topic in its team or service, by week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally, tallies
from server.aggregates.devices import Lineage
from server.aggregates.dimensions import DEVICE, TEAM, bucket
from server.aggregates.outside import published_period
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Names, Scope, find_place, find_scope
from server.aggregates.targets import find_targets
from server.fleet.tables import Question, Team
from server.improvement.places import Where, codes
from server.measures.part import Part


class Placed(NamedTuple):
    """A device while it is at a team."""

    device_id: int
    team_id: int


@dataclass(frozen=True)
class Weekly:
    """Tallies of whole weeks, by their Monday and by device and team. `period`: what of it this viewer is shown."""

    scope: Scope
    period: Period
    counts: dict[tuple[date, int, int], Tally]

    def total(self, weeks: Iterable[date]) -> Tally:
        """All of these weeks together."""
        total = Tally()
        for week in weeks:
            total = total.plus(self._by_week.get(week, Tally()))
        return total

    @cached_property
    def _by_week(self) -> dict[date, Tally]:
        found: dict[date, Tally] = {}
        for (week, _, _), tally in self.counts.items():
            found[week] = found.get(week, Tally()).plus(tally)
        return found

    def by_stay(self, weeks: Iterable[date]) -> dict[Placed, Tally]:
        """Of these weeks, each device at a team."""
        wanted = set(weeks)
        found: dict[Placed, Tally] = {}
        for (week, device_id, team_id), tally in self.counts.items():
            if week in wanted:
                key = Placed(device_id, team_id)
                found[key] = found.get(key, Tally()).plus(tally)
        return found


def questions_about(session: Session, organisation_id: int, question: str | None, topic: str | None) -> list[str]:
    """The questions of a concern: its own, or all of its topic."""
    if question is not None:
        return [question]
    query = select(Question.question_id).where(Question.organisation_id == organisation_id, Question.topic == topic)
    return list(session.scalars(query.order_by(Question.question_id)))


def scope_about(session: Session, viewer: Viewer, where: Where, questions: Sequence[str], today: date) -> Scope:
    """The figures' scope of these questions there, through this viewer's eyes. Raises UnknownNameError."""
    words = codes(session, viewer.organisation_id)
    names = Names(
        services=[words.services[where.service_id]] if where.service_id is not None else [],
        teams=[words.teams[where.team_id]] if where.team_id is not None else [],
        questions=questions,
    )
    return find_scope(session, find_place(session, viewer.organisation_id), names, viewer, today)


def weekly(session: Session, scope: Scope, first: date, after: date) -> Weekly:
    """From the Monday `first` up to the Monday `after`: nothing that is not over."""
    covered = published_period(scope, Period(first, after), Granularity.WEEK)
    by = (bucket(Granularity.WEEK), DEVICE, TEAM)
    return Weekly(scope, covered, tallies(session, scope, covered, by))


def by_period(session: Session, scope: Scope, granularity: Granularity, first: date, after: date) -> dict[date, Tally]:
    """{first day of the bucket: tally} of whole weeks or months, as far as this viewer is shown them."""
    covered = published_period(scope, Period(first, after), granularity)
    return {key[0]: tally for key, tally in tallies(session, scope, covered, (bucket(granularity),)).items()}


def target_there(session: Session, scope: Scope, where: Where, day: date) -> float | None:
    """The target in force for the team or service on that day, in percent."""
    service_id = where.service_id
    if where.team_id is not None:
        query = select(Team.service_id).where(
            Team.organisation_id == scope.place.organisation_id, Team.team_id == where.team_id
        )
        service_id = session.scalar(query)
    lineage = Lineage(team_id=where.team_id, service_id=service_id)
    return find_targets(session, scope.place).percent_on(day, lineage)


def positive_part(tally: Tally) -> Part:
    """What was positive, of the answers in the denominator."""
    return _part(tally, tally.counts.positive)


def negative_part(tally: Tally) -> Part:
    """What was negative, of the same."""
    return _part(tally, tally.counts.negative)


def _part(tally: Tally, chosen: int) -> Part:
    counts = tally.counts
    return Part(chosen, counts.positive + counts.neutral + counts.negative, tally.answering)
