"""The demo's people: one of every role, their passwords in one private file, and a visitor who needs none."""

import stat
from datetime import UTC, datetime
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.doors import Doors, Shown
from server.accounts.passwords import verify_password
from server.accounts.rights import Right, Role
from server.accounts.tables import Person
from server.demo.line import LOCAL_VIEWER
from server.demo.people import passwords_file, set_up_people
from server.fleet.tables import Organisation
from tests.server.figures import Figures

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_somebody_of_every_role_signs_in_with_what_the_file_says(engine, tmp_path):
    figures, place = Figures(engine), SimpleNamespace(engine=engine, directory=tmp_path)
    with Session(engine) as session:
        organisation = session.get_one(Organisation, figures.organisation_id)
        session.expunge_all()
    set_up_people(place, organisation, NOW)
    file = passwords_file(place)
    text = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passwords = dict(line.split()[:2] for line in text.splitlines() if "@" in line)
    assert passwords.keys() == {f"{role}@localhost" for role in Role}
    assert len(set(passwords.values())) == len(Role)
    with Session(engine) as session:
        for person in session.scalars(select(Person)):
            if person.email == LOCAL_VIEWER:
                assert person.password_hash is None
            else:
                assert verify_password(passwords[person.email], person.password_hash)
    set_up_people(place, organisation, NOW)  # a second start changes nothing
    assert file.read_text() == text
    visitor = Doors(engine, engine, LOCAL_VIEWER).find_viewer(Shown(from_this_machine=True), NOW)
    everything = {right for right in Right if visitor.may_everywhere(right)}
    assert everything == {Right.SEE_FIGURES, Right.SEE_DETAIL, Right.SEE_FLEET, Right.MANAGE_FLEET}
