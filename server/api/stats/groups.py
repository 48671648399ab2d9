"""The parts that figures are broken down by, and the counts of each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import DEVICE, DIRECTORATE, OBJECTIVE, QUESTION, SERVICE, TEAM, TOPIC
from server.aggregates.members import Member, members
from server.api.figures import Surroundings, end_of
from server.api.resolve import Asked
from server.measures.part import Part


class By(StrEnum):
    """What figures are broken down by."""

    DIRECTORATE = "directorate"
    SERVICE = "service"
    TEAM = "team"
    DEVICE = "device"
    QUESTION = "question"
    TOPIC = "topic"
    OBJECTIVE = "objective"


DIMENSIONS = {
    By.DIRECTORATE: DIRECTORATE,
    By.SERVICE: SERVICE,
    By.TEAM: TEAM,
    By.DEVICE: DEVICE,
    By.QUESTION: QUESTION,
    By.TOPIC: TOPIC,
    By.OBJECTIVE: OBJECTIVE,
}
PLACES = (By.DIRECTORATE, By.SERVICE, By.TEAM, By.DEVICE)  # whose targets may be their own
PARTS_MEANING = f"one of {', '.join(By)}: what the figures are broken down by"


class Group(NamedTuple):
    """One part and what was counted for it."""

    member: Member
    tally: Tally
    target: float | None  # percent

    @property
    def part(self) -> Part:
        """Positive answers out of those that count."""
        return part_of(self.tally)


def find_groups(session: Session, asked: Asked[Any], by: By, around: Surroundings) -> list[Group]:
    """Every part within the scope, those without answers too, in order of name."""
    dimension = DIMENSIONS[by]
    found = {key: tally for (key,), tally in tallies(session, asked.scope, asked.period, (dimension,)).items()}
    listed = members(session, asked.scope, dimension, end_of(asked), [key for key in found if key is not None])
    return [
        Group(each, found.get(each.key, Tally()), around.target_of(each.lineage) if by in PLACES else around.target)
        for each in listed
    ]


def part_of(tally: Tally) -> Part:
    """Positive answers out of those that count, and at least how many people gave them."""
    counts = tally.counts
    n = counts.positive + counts.neutral + counts.negative
    return Part(counts.positive, n, min(n, tally.responses, tally.answering))


def by_code(groups: list[Group]) -> Mapping[str, Group]:
    """For measures that keep keys."""
    return {group.member.code: group for group in groups}
