"""A device's history and its troubles in sentences."""

from collections.abc import Mapping
from typing import NamedTuple

from server.fleet.history import Step, What
from server.web.fleet.saying import Clockwork

PLAIN = {
    What.REGISTERED: "Registered",
    What.ENROLLED: "Enrolled: it got its keys",
    What.NEW_KEYS: "Given new keys",
    What.ACTIVE: "Reinstated: it counts again",
    What.LOST: "Marked lost: what it sends is kept apart",
    What.REVOKED: "Revoked: what it sends is refused",
    What.RETIRED: "Retired from service",
    What.NUMBERED: "Its board's address was recorded",
}
APART = {
    "device-lost": "it was marked lost when they came; they are delivered when it is reinstated",
    "no-placement": "it was placed nowhere when they were answered; place it for that time, then replay them",
    "unknown-questionnaire": "they name a questionnaire that is not published here",
    "unknown-team-choice": "they name a team that its placement does not offer",
    "conflict": "another answer has the same number; both are kept",
    "clock-in-future": "its clock was ahead of the server's",
    "clock-too-old": "its clock says a time before it was enrolled",
    "refused-by-database": "the database refused them",
}
REFUSED = {
    "device-revoked": "it is revoked, as it should be",
    "device-retired": "it is retired, as it should be",
    "key-epoch": "sealed with older keys than those it has now",
    "unknown-key-epoch": "sealed with keys it never had",
    "hmac": "not sealed with its keys: somebody else?",
    "broker-publish": "the broker refused it a topic: somebody else with its account?",
    "broker-subscribe": "the broker refused it a topic: somebody else with its account?",
}


class Places(NamedTuple):
    """Names of teams and locations, by number."""

    teams: Mapping[int, str]
    locations: Mapping[int, str]


def sentence(step: Step, places: Places, clockwork: Clockwork) -> str:
    """What was done: Moved to Leek, Ward 1, from 23 November 2026, 09:15."""
    if step.team_id is None:
        return PLAIN[step.what]
    where = f"{places.teams.get(step.team_id, 'a team')}, {places.locations.get(step.location_id or 0, 'a place')}"
    begins, ends = clockwork.instant(step.from_at), clockwork.instant(step.until_at)
    until = f" until {ends}" if ends else ""
    told = {
        What.PLACED: f"Placed with {where}, from {begins}{until}",
        What.MOVED: f"Moved to {where}, from {begins}",
        What.LENT: f"Lent to {where}, from {begins}{until}",
        What.BACK: f"To be back with {where}, from {begins}{until}",
        What.ENDED: f"No longer with {where}, from {ends}" if ends else f"To stay with {where}",
        What.DROPPED: f"No longer to come to {where} from {begins}",
    }
    return told[step.what]


def apart_words(reason: str) -> str:
    """Why records lie in quarantine."""
    return APART.get(reason, reason)


def refused_words(reason: str) -> str:
    """Why messages were refused."""
    return REFUSED.get(reason, reason)
