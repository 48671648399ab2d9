"""Coverage: which teams are heard at all. A figure of the whole says nothing of a team that has no device."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key")


class Heard(StrEnum):
    """Whether a team's patients are heard."""

    DATA = "has data"
    NO_DATA = "has a device, no data"
    NO_DEVICE = "has no device"


class TeamPresence(NamedTuple, Generic[Key]):
    """One team in one period."""

    key: Key
    devices: int  # placed with the team at any time of the period
    responses: int  # valid ones given for it in the period; through a device whose team the nurse chose, too
    waiting: int = 0  # responses that its devices said they still hold


class CoverageLine(NamedTuple, Generic[Key]):
    """One line of the matrix."""

    team: TeamPresence[Key]
    heard: Heard


class Coverage(NamedTuple, Generic[Key]):
    """Every team, and how many are in which state."""

    lines: tuple[CoverageLine[Key], ...]
    with_data: int
    without_data: int
    without_device: int

    @property
    def share_heard(self) -> float | None:
        """Teams with data out of all, 0..1; None where there are no teams."""
        return self.with_data / len(self.lines) if self.lines else None


def coverage(teams: Sequence[TeamPresence[Key]]) -> Coverage[Key]:
    """Every team in the order given, those without a device too. Raises ValueError for negative counts."""
    for team in teams:
        if min(team.devices, team.responses, team.waiting) < 0:
            raise ValueError(f"devices and responses are 0 or more, got {team}")
    lines = tuple(CoverageLine(team, _heard(team)) for team in teams)
    states = [line.heard for line in lines]
    return Coverage(lines, *(states.count(state) for state in Heard))


def _heard(team: TeamPresence[Key]) -> Heard:
    if team.responses:
        return Heard.DATA
    return Heard.NO_DATA if team.devices else Heard.NO_DEVICE
