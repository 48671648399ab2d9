"""Organisations, services, teams and locations: the tree in which devices are placed and figures summed."""

from typing import TypeVar
from zoneinfo import available_timezones

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.database import on_keys
from server.errors import OperatorError
from server.fleet.subjects import add_built_in_topics
from server.fleet.tables import IMPORTED_LOCATION, Directorate, Location, Organisation, Service, Team
from server.fleet.turns import take_turn

Kind = TypeVar("Kind", Directorate, Service, Team, Location)


def add_organisation(session: Session, name: str, timezone: str) -> Organisation:
    """`timezone` is an IANA name; it decides which day a response belongs to, so it never changes."""
    if timezone not in available_timezones():
        raise OperatorError(f"{timezone} is not a time zone: name one like Europe/London.")
    if session.scalar(select(Organisation).where(Organisation.name == name)) is not None:
        raise OperatorError(f"there is an organisation {name} already.")
    organisation = Organisation(name=name, timezone=timezone)
    session.add(organisation)
    session.flush()
    add_built_in_topics(session, organisation)
    return organisation


def find_organisation(session: Session, name: str | None = None) -> Organisation:
    """The organisation of this name; without a name, the only one there is."""
    query = select(Organisation).order_by(Organisation.name)
    if name is not None:
        query = query.where(Organisation.name == name)
    found = list(session.scalars(query))
    if not found:
        wanted = "there is no organisation yet" if name is None else f"there is no organisation {name}"
        raise OperatorError(f"{wanted}: say `pet organisation add NAME --timezone ZONE`.")
    if len(found) > 1:
        names = ", ".join(organisation.name for organisation in found)
        raise OperatorError(f"there are several organisations ({names}): name one with --organisation.")
    return found[0]


def organisations(session: Session) -> list[Organisation]:
    """All, by name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))


def organisation_of(session: Session, organisation_id: int) -> Organisation:
    """The organisation of this number, which is known to be there."""
    return session.get_one(Organisation, organisation_id)


def services(session: Session, organisation: Organisation) -> list[Service]:
    """All of the organisation, by code."""
    here = Service.organisation_id == organisation.organisation_id
    return list(session.scalars(select(Service).where(here).order_by(Service.code)))


def teams(session: Session, organisation: Organisation) -> list[tuple[Team, str]]:
    """All of the organisation, each with the code of its service, by both."""
    query = (
        select(Team, Service.code)
        .join(Service, on_keys(Service, Team, "service_id"))
        .where(Team.organisation_id == organisation.organisation_id)
        .order_by(Service.code, Team.code)
    )
    return [(team, code) for team, code in session.execute(query)]


def locations(session: Session, organisation: Organisation) -> list[Location]:
    """All of the organisation where a device can be, by code."""
    return list(session.scalars(_places(organisation).order_by(Location.code)))


def add_directorate(session: Session, organisation: Organisation, code: str, name: str) -> Directorate:
    """Several services under one head. `code` is the word by which commands and addresses name it."""
    return _add(session, Directorate(organisation_id=organisation.organisation_id, code=code, name=name))


def add_service(
    session: Session, organisation: Organisation, code: str, name: str, directorate: Directorate | None = None
) -> Service:
    """A clinical service, of this directorate where there is one."""
    service = Service(organisation_id=organisation.organisation_id, code=code, name=name)
    service.directorate_id = directorate.directorate_id if directorate else None
    return _add(session, service)


def move_service(session: Session, service: Service, directorate: Directorate | None) -> None:
    """From now on the service belongs to this directorate, or to none; so do its figures of the past."""
    service.directorate_id = directorate.directorate_id if directorate else None
    session.flush()


def tree(session: Session, organisation: Organisation) -> list[tuple[str, list[str]]]:
    """(name, codes of its services) of each directorate, by code; at the end the services that have none."""
    here = Directorate.organisation_id == organisation.organisation_id
    rows = session.scalars(select(Directorate).where(here).order_by(Directorate.code))
    names: dict[int | None, str] = {row.directorate_id: f"{row.code} ({row.name})" for row in rows}
    codes: dict[int | None, list[str]] = {number: [] for number in names}
    for service in services(session, organisation):
        codes.setdefault(service.directorate_id, []).append(service.code)
    return [(names.get(number, "in no directorate"), found) for number, found in codes.items()]


def add_team(session: Session, service: Service, code: str, name: str) -> Team:
    """A team of this service."""
    organisation_id = service.organisation_id
    return _add(session, Team(organisation_id=organisation_id, service_id=service.service_id, code=code, name=name))


def add_location(session: Session, organisation: Organisation, code: str, name: str) -> Location:
    """A ward, desk, clinic room or bag in which a device is."""
    if code == IMPORTED_LOCATION[0]:
        raise OperatorError(f"{code} stands for imported responses: choose another code.")
    return _add(session, Location(organisation_id=organisation.organisation_id, code=code, name=name))


def find_directorate(session: Session, organisation: Organisation, code: str) -> Directorate:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Directorate, organisation.organisation_id, code)


def find_service(session: Session, organisation: Organisation, code: str) -> Service:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Service, organisation.organisation_id, code)


def find_team(session: Session, organisation: Organisation, code: str) -> Team:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Team, organisation.organisation_id, code)


def find_location(session: Session, organisation: Organisation, code: str) -> Location:
    """Raises OperatorError that names the codes there are."""
    return _one_of(session, _places(organisation), "location", code)


def _places(organisation: Organisation) -> Select[Location]:
    """No device is where imported responses are kept."""
    return select(Location).where(
        Location.organisation_id == organisation.organisation_id, Location.code != IMPORTED_LOCATION[0]
    )


def _add(session: Session, row: Kind) -> Kind:
    kind = type(row)
    take_turn(session, row.organisation_id)
    known = select(kind).where(kind.organisation_id == row.organisation_id, kind.code == row.code)
    if session.scalar(known) is not None:
        raise OperatorError(f"there is a {kind.__tablename__} {row.code} already: choose another code.")
    session.add(row)
    session.flush()
    return row


def _find(session: Session, kind: type[Kind], organisation_id: int, code: str) -> Kind:
    return _one_of(session, select(kind).where(kind.organisation_id == organisation_id), kind.__tablename__, code)


def _one_of(session: Session, known: Select[Kind], what: str, code: str) -> Kind:
    rows = {row.code: row for row in session.scalars(known)}
    if code not in rows:
        there = ", ".join(sorted(rows)) or "none yet"
        raise OperatorError(f"there is no {what} {code}; there are: {there}.")
    return rows[code]
