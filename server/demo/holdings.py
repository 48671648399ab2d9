"""What the demo's devices should hold: their service's questionnaire, two checklists, what was done about the food."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.demo.improving import tell_improvement
from server.demo.line import Line
from server.demo.story import DEMO_FILES, Story
from server.demo.trust import Trust
from server.fleet.assignments import assign
from server.fleet.questionnaires import publish_file
from server.fleet.scope import ORGANISATION, parse_scope
from server.fleet.tables import Organisation
from server.fleet.texts import add_text, approve_text

AUDITS = ("audit-hand-hygiene", "audit-mealtime")
TEXT_BY = "director of nursing"  # a role, as everywhere


def hand_out(line: Line, trust: Trust, story: Story, now: datetime) -> None:
    """Once, on the first run."""
    with Session(line.engine) as session, session.begin():
        organisation = session.merge(trust.organisation, load=False)
        assign_holdings(session, organisation, story.fields["service"], story.starts_at(now))
        tell_improvement(session, organisation, story, now)


def assign_holdings(
    session: Session, organisation: Organisation, services: list[dict[str, Any]], now: datetime
) -> None:
    """Assign what is published, publish and assign the checklists, approve the texts. The caller commits."""
    for service in services:
        assign(
            session,
            organisation,
            service["questionnaire"],
            parse_scope(session, organisation, f"service:{service['code']}"),
            now,
        )
    for file in AUDITS:
        version = publish_file(session, organisation, DEMO_FILES / "questionnaires" / f"{file}.toml", now)
        assign(session, organisation, version.definition["code"], ORGANISATION, now)
    for text in tomllib.loads((DEMO_FILES / "texts.toml").read_text(encoding="utf-8"))["text"]:
        item = add_text(session, organisation, ORGANISATION, text, now)
        approve_text(session, organisation, item.text_id, TEXT_BY, now)
