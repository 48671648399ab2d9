"""Which devices believe an authority: those that have said that they hold the settings which name it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.messages import ITEM_SETTINGS
from server.errors import OperatorError
from server.fleet.authorities import as_setting
from server.fleet.device_settings import open_settings, setting_rows
from server.fleet.held import HeldState, held_states
from server.fleet.keys import KeyRing
from server.fleet.roster import Wanted, roster
from server.fleet.scope import scopes_around
from server.fleet.tables import ACTIVE, Organisation, Team

NAMED_MAX = 10


class Believer(NamedTuple):
    """A device in service, and whether it has said that it believes the authority."""

    serial: str
    believes: bool


def believers(
    session: Session, organisation: Organisation, authority: x509.Certificate, at: datetime
) -> list[Believer]:
    """Every device in service, by serial."""
    here = organisation.organisation_id
    rows = [row for row in setting_rows(session, here) if row.name == "ca"]
    known = open_settings(rows, here, _no_secrets)
    teams = session.execute(select(Team.team_id, Team.service_id).where(Team.organisation_id == here))
    service_of: dict[int | None, int] = {row.team_id: row.service_id for row in teams}
    held = {state.device_id: state for state in held_states(session, organisation)}
    wanted, found = as_setting(authority), []
    for entry in roster(session, organisation, at, None, Wanted(states=(ACTIVE,))):
        around = scopes_around(entry.device_id, entry.team_id, service_of.get(entry.team_id))
        told = known.resolve(around).get("ca", [])
        found.append(Believer(entry.serial, wanted in told and _holds_settings(held[entry.device_id])))
    return found


def listed(serials: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(serials) - NAMED_MAX} more" if len(serials) > NAMED_MAX else ""
    return ", ".join(serials[:NAMED_MAX]) + more


def _holds_settings(state: HeldState) -> bool:
    settings = [item for item in state.items if item.kind == ITEM_SETTINGS]
    return state.held is not None and bool(settings) and all(item.revision <= state.held for item in settings)


def _no_secrets() -> KeyRing:
    raise OperatorError("an authority is no secret")
