"""Sets up the demo's organisation from its story, with the same functions that the command line calls."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.identity import encode_identity
from protocol.package import FORMAT
from server.demo.child import StartError
from server.demo.line import Line
from server.demo.people import set_up_people
from server.demo.story import DEMO_FILES, Posting, QuestionShape, Shape, Story, utc_now
from server.fleet.desired import refresh
from server.fleet.devices import enrol, find_device, rotate_key
from server.fleet.files import OWNER_ONLY, replace_file
from server.fleet.league import choose
from server.fleet.organisations import (
    add_location,
    add_organisation,
    add_service,
    add_team,
    find_location,
    find_team,
)
from server.fleet.placements import place
from server.fleet.questionnaires import publish_file
from server.fleet.scope import Scope
from server.fleet.tables import (
    SCOPE_ORGANISATION,
    SCOPE_SERVICE,
    Device,
    Organisation,
    QuestionnaireVersion,
    VersionOption,
    VersionQuestion,
)
from server.fleet.targets import set_target

NEVER_S = 10**9
LIVE_SYNC_S = 20  # a demo shows at once what a ward would see within the hour


class Trust(NamedTuple):
    """The demo's organisation, and for each questionnaire code the package and the shape of its questions."""

    organisation: Organisation
    packages: dict[str, bytes]
    shapes: dict[str, Shape]


def find_trust(line: Line, story: Story) -> Trust | None:
    """The organisation that an earlier run set up; None on the first run."""
    with Session(line.engine, expire_on_commit=False) as session:
        name = story.fields["organisation"]["name"]
        organisation = session.scalar(select(Organisation).where(Organisation.name == name))
        if organisation is None:
            return None
        trust = _trust(session, organisation)
    if any(package[4] != FORMAT for package in trust.packages.values()):
        raise StartError(
            "The demo's data are those of an earlier version, whose questionnaires devices no longer read: "
            "say make clean, then make demo."
        )
    return trust


def set_up_trust(line: Line, story: Story, now: datetime) -> Trust:
    """Organisation, services, teams, locations, target and questionnaires, in one transaction; then its people."""
    with Session(line.engine, expire_on_commit=False) as session, session.begin():
        organisation = add_organisation(session, **story.fields["organisation"])
        for service_fields in story.fields["service"]:
            service = add_service(session, organisation, service_fields["code"], service_fields["name"])
            choose(session, organisation, Scope(SCOPE_SERVICE, service.service_id), "demo", now, opted_in=True)
            for team_fields in service_fields["teams"]:
                add_team(session, service, team_fields["code"], team_fields["name"])
                add_location(session, organisation, team_fields["code"], team_fields["location"])
        starts_at = story.starts_at(now)
        target = story.fields["target"]
        value = Decimal(target["value"]) / 100
        set_target(session, organisation, value, (SCOPE_ORGANISATION, None), starts_at.date(), target["set_by"])
        for code in sorted({service["questionnaire"] for service in story.fields["service"]}):
            publish_file(session, organisation, DEMO_FILES / "questionnaires" / f"{code}.toml", starts_at)
        trust = _trust(session, organisation)
    set_up_people(line, organisation, now)
    return trust


def add_device(line: Line, trust: Trust, posting: Posting, directory: Path, from_at: datetime) -> None:
    """Enrol and place one device, and write the folder that is its flash, its identity last.

    Where an earlier run ended between the two, the device is enrolled and nobody has its keys: it gets new ones.
    """
    with Session(line.engine) as session, session.begin():
        organisation = session.merge(trust.organisation, load=False)
        here = Device.organisation_id == organisation.organisation_id
        known = session.scalar(select(Device).where(here, Device.serial == posting.serial))
        if known is not None:
            identity = rotate_key(session, known, from_at, line.key_ring())
        else:
            identity = enrol(session, organisation, posting.serial, from_at, line.key_ring())
            device = find_device(session, organisation, posting.serial)
            team = find_team(session, organisation, posting.team)
            place(session, device, team, find_location(session, organisation, posting.team), from_at)
        refresh(session, line.key_ring, utc_now(), organisation.organisation_id)
    files = directory / "vfs"
    files.mkdir(parents=True, exist_ok=True)
    (files / "questionnaire.pkg").write_bytes(trust.packages[posting.questionnaire])
    write_settings(line, directory, live=False)
    replace_file(directory / "pet_id.bin", encode_identity(identity), OWNER_ONLY)


def write_settings(line: Line, directory: Path, *, live: bool) -> None:
    """The device's settings; it syncs by itself only when `live`."""
    every_s, backlog = (LIVE_SYNC_S, 1) if live else (NEVER_S, NEVER_S)
    settings = {
        "broker": {"host": line.broker.host, "address": "127.0.0.1", "port": line.network.port},
        "sync_every_s": every_s,
        "sync_backlog": backlog,
        "ca": [b64encode(line.broker.certificates.authority_der.read_bytes()).decode()],
    }
    (directory / "vfs" / "settings.json").write_text(json.dumps(settings))


def _trust(session: Session, organisation: Organisation) -> Trust:
    packages: dict[str, bytes] = {}
    shapes: dict[str, Shape] = {}
    for version in session.scalars(select(QuestionnaireVersion).order_by(QuestionnaireVersion.version)):
        code = version.definition["code"]
        packages[code] = version.package
        shapes[code] = Shape(len(version.definition["languages"]), _questions(session, version))
    return Trust(organisation, packages, shapes)


def _questions(session: Session, version: QuestionnaireVersion) -> list[QuestionShape]:
    here = (version.organisation_id, version.reference)
    questions = session.scalars(
        select(VersionQuestion)
        .where(VersionQuestion.organisation_id == here[0], VersionQuestion.reference == here[1])
        .order_by(VersionQuestion.position)
    )
    return [
        (
            question.question_id,
            tuple(
                session.scalars(
                    select(VersionOption.code)
                    .where(
                        VersionOption.organisation_id == here[0],
                        VersionOption.reference == here[1],
                        VersionOption.position == question.position,
                    )
                    .order_by(VersionOption.option)
                )
            ),
        )
        for question in questions
    ]
