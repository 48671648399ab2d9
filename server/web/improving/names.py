"""The names by which people know the parts of their organisation and what is asked in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.catalogue import read_meta
from server.api.improving import now_of
from server.web.words import day


@dataclass(frozen=True)
class Names:
    """Of what this viewer may see, by code."""

    organisation: str
    services: Mapping[str, str]
    teams: Mapping[str, str]
    questions: Mapping[str, str]
    topics: Mapping[str, str]

    def place(self, team: str | None, service: str | None) -> str:
        """Haywood; all teams of Community beds; everywhere."""
        if team is not None:
            return self.teams.get(team, team)
        return f"{self.services.get(service, service)} (service)" if service is not None else "everywhere"

    def subject(self, question: str | None, topic: str | None) -> str:
        """How was the food?; or the topic's name."""
        if question is not None:
            return self.questions.get(question, question)
        return self.topics.get(topic, topic) if topic is not None else ""

    def places(self) -> list[tuple[str, str]]:
        """(value, text) of every team and service, as a form offers them: "team:leek", "service:beds"."""
        teams = [(f"team:{code}", name) for code, name in self.teams.items()]
        return teams + [(f"service:{code}", f"{name} (the whole service)") for code, name in self.services.items()]

    def subjects(self) -> list[tuple[str, str]]:
        """(value, text) of every question and topic, as a form offers them."""
        questions = [(f"question:{code}", text) for code, text in self.questions.items()]
        return questions + [(f"topic:{code}", f"{name} (all questions about it)") for code, name in self.topics.items()]


def find_names(request: Request, session: Session, viewer: Viewer) -> Names:
    """From the catalogue that programs are given."""
    known = read_meta(session, viewer, now_of(request))
    return Names(
        organisation=known.organisations[0].name,
        services={each.service: each.name for each in known.services},
        teams={each.team: each.name for each in known.teams},
        questions={each.question: each.text for each in known.questions},
        topics={each.topic: each.name for each in known.topics},
    )


def until(due: date, today: date) -> str:
    """When something is due, as people say it: today, in 3 days, 2 days late."""
    days = (due - today).days
    if days == 0:
        return f"{day(due)} (today)"
    late = days < 0
    amount = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return f"{day(due)} ({amount} late)" if late else f"{day(due)} (in {amount})"
