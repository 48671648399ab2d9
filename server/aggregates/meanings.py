"""What the numbers in rollups stand for: options' sentiments, the questions of versions, the teams' services."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.dimensions import Dimension, Kind
from server.aggregates.periods import Granularity, whole_bucket
from server.aggregates.scope import Scope
from server.aggregates.sources import ANSWERS, Sums
from server.database import on_keys
from server.fleet.tables import EXCLUDED, Question, Service, Team, VersionOption, VersionQuestion
from server.ingest.tables import UNDATED
from server.measures.positivity import Counts

OPTIONS = 6


class Asks(NamedTuple):
    """What a place in a questionnaire version asks."""

    question: str
    topic: str
    objective: str | None


class Meanings:
    """Of one organisation."""

    def __init__(self, session: Session, scope: Scope, by: Sequence[Dimension]) -> None:
        self._session, self._here = session, scope.place.organisation_id
        here = self._here
        self._asks: dict[tuple[int, int], Asks] = {}
        if any(each.of_answers for each in by):
            asked = select(
                VersionQuestion.reference,
                VersionQuestion.position,
                Question.question_id,
                Question.topic,
                Question.objective,
            ).join(Question, on_keys(Question, VersionQuestion, "question_id"))
            for row in session.execute(asked.where(Question.organisation_id == here)):
                self._asks[row.reference, row.position] = Asks(row.question_id, row.topic, row.objective)
        self._services: dict[int, tuple[int, int | None]] = {}
        if any(each.kind in {Kind.SERVICE, Kind.DIRECTORATE} for each in by):
            teams = select(Team.team_id, Team.service_id, Service.directorate_id).join(
                Service, on_keys(Service, Team, "service_id")
            )
            for team_id, service_id, directorate_id in session.execute(teams.where(Team.organisation_id == here)):
                self._services[team_id] = (service_id, directorate_id)

    @cached_property
    def _sentiments(self) -> dict[tuple[int, int], list[int]]:
        """Read when the first answer is weighed: passes have none."""
        options = select(
            VersionOption.reference, VersionOption.position, VersionOption.option, VersionOption.sentiment
        ).where(VersionOption.organisation_id == self._here)
        found: dict[tuple[int, int], list[int]] = {}
        for reference, position, option, sentiment in self._session.execute(options):
            places = found.setdefault((reference, position), [_PLACES[EXCLUDED]] * OPTIONS)
            places[option - 1] = _PLACES[sentiment]
        return found

    def key(self, row: Sums, by: Sequence[Dimension]) -> tuple[Any, ...]:
        """What stands in the place of each dimension."""
        return tuple([self._word(row, each, found) for each, found in zip(by, row.key, strict=False)])

    def _word(self, row: Sums, dimension: Dimension, found: Any) -> Any:
        kind = dimension.kind
        if kind is Kind.BUCKET:
            quarterly = dimension.granularity is Granularity.QUARTER and found != UNDATED
            return whole_bucket(found, Granularity.QUARTER).first if quarterly else found
        if kind is Kind.FLAGGED:
            return row.flagged
        if kind is Kind.SERVICE or kind is Kind.DIRECTORATE:
            return self._services[found][kind is Kind.DIRECTORATE]
        return self._asked(row, kind) if dimension.of_answers else found

    def _asked(self, row: Sums, kind: Kind) -> Any:
        place = (row.reference, row.position)
        return place if kind is Kind.VERSION_QUESTION else getattr(self._asks[place], kind.value)

    def counts(self, place: tuple[int, int], answers: Sequence[int]) -> Counts:
        """What these counts of options, skips and time-outs mean at that (reference, position)."""
        # An option that no version describes is left out of the denominator, but never out of the counts.
        found = [0] * len(Counts._fields)
        for means, times in zip(self._sentiments.get(place, _NOTHING_KNOWN), answers, strict=False):
            found[means] += times
        found[-2:] = answers[OPTIONS:]
        return Counts(*found)


_PLACES = {name: place for place, name in enumerate(Counts._fields)}
_NOTHING_KNOWN = [_PLACES[EXCLUDED]] * OPTIONS
assert len(ANSWERS) == OPTIONS + 2
