"""What can be asked about, in the names that a question uses."""

from sqlalchemy.orm import Session

from server.aggregates.catalogue import catalogue, organisations
from server.api.query import resolve_place
from server.api.shapes import (
    MetaAnswer,
    NamedDevice,
    NamedOrganisation,
    NamedQuestion,
    NamedService,
    NamedTeam,
)


def read_meta(session: Session, organisation: int | None) -> MetaAnswer:
    """All organisations, and what the one asked for has: or the only one. Raises ProblemError."""
    known = [
        NamedOrganisation(organisation=number, name=name, timezone=timezone)
        for number, name, timezone in organisations(session)
    ]
    if organisation is None and len(known) != 1:
        return MetaAnswer(organisations=known, organisation=None)
    place = resolve_place(session, organisation)
    found = catalogue(session, place)
    return MetaAnswer(
        organisations=known,
        organisation=place.organisation_id,
        services=[NamedService(service=code, name=name) for code, name in found.services],
        teams=[NamedTeam(team=team.code, name=team.name, service=team.service) for team in found.teams],
        devices=[NamedDevice(device=device.name, serial=device.serial, state=device.state) for device in found.devices],
        questions=[NamedQuestion(question=word, text=text, topic=topic) for word, text, topic in found.questions],
    )
