"""By what name people know the rows that entries of the audit log are about, as far as they are there still."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.accounts.tables import ApiToken, Person, RoleGrant, ShareLink
from server.database import Base, on_keys
from server.fleet.tables import Device, Directorate, Location, Service, Team


class Entry(Protocol):
    """An entry of the log, in whatever form."""

    @property
    def action(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def detail(self) -> dict[str, Any]: ...


class Row(NamedTuple):
    """A row of a table, by its number."""

    table: str
    number: int


NAMED: dict[str, tuple[type[Base], InstrumentedAttribute[str]]] = {
    "person": (Person, Person.email),
    "directorate": (Directorate, Directorate.name),
    "service": (Service, Service.name),
    "team": (Team, Team.name),
    "location": (Location, Location.name),
    "device": (Device, Device.serial),
}
OF_SOMEBODY: dict[str, tuple[type[RoleGrant | ApiToken | ShareLink], InstrumentedAttribute[str]]] = {
    "role_grant": (RoleGrant, RoleGrant.role),
    "api_token": (ApiToken, ApiToken.name),
    "share_link": (ShareLink, ShareLink.name),
}


def row_of(entry: Entry) -> Row | None:
    """The row that an entry is about; None where its key is no number."""
    table = entry.action.rpartition(" ")[0]
    return Row(table, int(entry.subject)) if entry.subject.isascii() and entry.subject.isdigit() else None


def rows_in(entry: Entry) -> Iterable[Row]:
    """The rows that an entry is about, or whose numbers stand in its values."""
    if row := row_of(entry):
        yield row
    for values in (entry.detail.get("old", {}), entry.detail.get("new", {})):
        for table in NAMED:
            if isinstance(number := values.get(f"{table}_id"), int):
                yield Row(table, number)
        if isinstance(number := values.get("node_id"), int):
            yield Row(str(values.get("node_kind")), number)


def find_row_names(session: Session, organisation_id: int, entries: Collection[Entry]) -> Mapping[Row, str]:
    """The name of each row that these entries speak of and that has one."""
    wanted = {row for entry in entries for row in rows_in(entry)}
    names: dict[Row, str] = {}
    for table, (model, name) in NAMED.items():
        key = _key(model, table)
        query = select(key, name).where(*_is(model, organisation_id, key, table, wanted))
        names |= {Row(table, number): text for number, text in session.execute(query)}
    for table, (held, name) in OF_SOMEBODY.items():
        key = _key(held, {"role_grant": "grant", "api_token": "token", "share_link": "share"}[table])
        theirs: Select[int, str, str] = select(key, name, Person.email).join(Person, on_keys(held, Person, "person_id"))
        for number, text, email in session.execute(theirs.where(*_is(held, organisation_id, key, table, wanted))):
            names[Row(table, number)] = f"{text} of {email}"
    return names


def _key(model: type[Base], word: str) -> InstrumentedAttribute[int]:
    column: InstrumentedAttribute[int] = getattr(model, f"{word}_id")
    return column


def _is(
    model: type[Base], organisation_id: int, key: InstrumentedAttribute[int], table: str, wanted: Collection[Row]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    here: InstrumentedAttribute[int] = getattr(model, "organisation_id")  # noqa: B009 - each of these tables has it
    return here == organisation_id, key.in_([row.number for row in wanted if row.table == table])
