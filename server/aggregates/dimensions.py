"""What counts can be drawn by: a bucket of time, a part of the organisation, what the question is about."""

from dataclasses import dataclass
from enum import StrEnum

from server.aggregates.periods import Granularity


class Kind(StrEnum):
    """What a dimension looks at."""

    BUCKET = "bucket"
    DEVICE = "device"
    TEAM = "team"
    SERVICE = "service"
    DIRECTORATE = "directorate"
    QUESTION = "question"
    TOPIC = "topic"
    OBJECTIVE = "objective"
    VERSION_QUESTION = "version question"
    FLAGGED = "flagged"


@dataclass(frozen=True)
class Dimension:
    """One place of a key. What stands there: `bucket`: the whole bucket's first day (UNDATED for answers without a
    date; of an hour the instant); device, team, service, directorate: its number; question, topic, objective: its
    word; version question: (reference, position); flagged: whether it is suspected misuse.

    Directorate and objective may be None: not every service or question has one.
    """

    kind: Kind
    granularity: Granularity | None = None

    @property
    def of_answers(self) -> bool:
        """Whether it tells the answers of one response apart, so that a response lies in several places of it."""
        return self.kind in {Kind.QUESTION, Kind.TOPIC, Kind.OBJECTIVE, Kind.VERSION_QUESTION}


def bucket(granularity: Granularity) -> Dimension:
    """By time."""
    return Dimension(Kind.BUCKET, granularity)


DEVICE = Dimension(Kind.DEVICE)
TEAM = Dimension(Kind.TEAM)
SERVICE = Dimension(Kind.SERVICE)
DIRECTORATE = Dimension(Kind.DIRECTORATE)
QUESTION = Dimension(Kind.QUESTION)
TOPIC = Dimension(Kind.TOPIC)
OBJECTIVE = Dimension(Kind.OBJECTIVE)
VERSION_QUESTION = Dimension(Kind.VERSION_QUESTION)
FLAGGED = Dimension(Kind.FLAGGED)
