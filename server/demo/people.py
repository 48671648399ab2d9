"""The demo's people: a visitor whom nobody asks to sign in, and one of every role to sign in as."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.grants import grant
from server.accounts.nodes import WHOLE, Node
from server.accounts.people import add_person, give_first_password
from server.accounts.rights import Role
from server.accounts.tables import TEAM, Person
from server.database import act_as
from server.demo.line import LOCAL_VIEWER, Line
from server.fleet.files import OWNER_ONLY, replace_file
from server.fleet.tables import Organisation, Team

ACTOR = "pet demo"
VISITOR_ROLES = (Role.READ_ONLY, Role.OPERATIONS)  # sees every figure and the fleet; changes no opinion of anybody
PASSWORDS = "passwords"
OF_A_TEAM = (Role.MANAGER, Role.MATRON, Role.READ_ONLY)


def passwords_file(line: Line) -> Path:
    """Who there is to sign in as, and with what; for its owner's eyes only."""
    return line.directory / PASSWORDS


def set_up_people(line: Line, organisation: Organisation, now: datetime) -> None:
    """Make the people, where an earlier run did not. Their passwords are random and stand in one file only."""
    with Session(line.engine) as session, session.begin():
        here = organisation.organisation_id
        if session.scalar(select(Person.person_id).where(Person.organisation_id == here).limit(1)) is not None:
            return
        act_as(session, ACTOR)
        visitor = add_person(session, here, LOCAL_VIEWER, "Visitor of this demo", now)
        for role in VISITOR_ROLES:
            grant(session, visitor, role, WHOLE, ACTOR, now)
        team = session.scalars(select(Team).where(Team.organisation_id == here).order_by(Team.team_id).limit(1)).one()
        lines = [
            "Sign in to this demo as one of these. Nobody else has these passwords, and nothing but this demo.",
            "",
        ]
        for role in Role:
            email = f"{role}@localhost"
            person = add_person(session, here, email, f"Demo {role}", now)
            node, where = (Node(TEAM, team.team_id), team.name) if role in OF_A_TEAM else (WHOLE, organisation.name)
            grant(session, person, role, node, ACTOR, now)
            lines.append(f"{email:26}{give_first_password(session, person, None):20}{role} of {where}")
        replace_file(passwords_file(line), "\n".join([*lines, ""]).encode(), OWNER_ONLY)
