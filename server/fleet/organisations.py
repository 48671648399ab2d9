"""Organisations, services, teams and locations: the tree in which devices are placed and figures summed."""

from typing import TypeVar
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.tables import Location, Organisation, Service, Team

Kind = TypeVar("Kind", Service, Team, Location)


def add_organisation(session: Session, name: str, timezone: str) -> Organisation:
    """`timezone` is an IANA name; it decides which day a response belongs to, so it never changes."""
    if timezone not in available_timezones():
        raise OperatorError(f"{timezone} is not a time zone: name one like Europe/London.")
    if session.scalar(select(Organisation).where(Organisation.name == name)) is not None:
        raise OperatorError(f"there is an organisation {name} already.")
    organisation = Organisation(name=name, timezone=timezone)
    session.add(organisation)
    session.flush()
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


def add_service(session: Session, organisation: Organisation, code: str, name: str) -> Service:
    """A clinical service. `code` is the word by which commands and addresses name it."""
    return _add(session, Service(organisation_id=organisation.organisation_id, code=code, name=name))


def add_team(session: Session, service: Service, code: str, name: str) -> Team:
    """A team of this service."""
    organisation_id = service.organisation_id
    return _add(session, Team(organisation_id=organisation_id, service_id=service.service_id, code=code, name=name))


def add_location(session: Session, organisation: Organisation, code: str, name: str) -> Location:
    """A ward, desk, clinic room or bag in which a device is."""
    return _add(session, Location(organisation_id=organisation.organisation_id, code=code, name=name))


def find_service(session: Session, organisation: Organisation, code: str) -> Service:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Service, organisation.organisation_id, code)


def find_team(session: Session, organisation: Organisation, code: str) -> Team:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Team, organisation.organisation_id, code)


def find_location(session: Session, organisation: Organisation, code: str) -> Location:
    """Raises OperatorError that names the codes there are."""
    return _find(session, Location, organisation.organisation_id, code)


def _add(session: Session, row: Kind) -> Kind:
    kind = type(row)
    known = select(kind).where(kind.organisation_id == row.organisation_id, kind.code == row.code)
    if session.scalar(known) is not None:
        raise OperatorError(f"there is a {kind.__tablename__} {row.code} already: choose another code.")
    session.add(row)
    session.flush()
    return row


def _find(session: Session, kind: type[Kind], organisation_id: int, code: str) -> Kind:
    rows = {row.code: row for row in session.scalars(select(kind).where(kind.organisation_id == organisation_id))}
    if code not in rows:
        known = ", ".join(sorted(rows)) or "none yet"
        raise OperatorError(f"there is no {kind.__tablename__} {code}; there are: {known}.")
    return rows[code]
