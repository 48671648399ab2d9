"""Sources of imported responses, and the devices that stand for them: one for each source and team."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.tables import IMPORT, IMPORTED_LOCATION, Device, Location, Organisation, Placement
from server.imports.tables import MODES, ImportSource, ImportStandIn

CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
BEGINNING = datetime(2019, 12, 31, tzinfo=UTC)  # a day before the first that can be asked for, in any zone
NO_KEYS = 0  # the key epoch of what has no keys
OTHER_MODE = "other"


class StandIn(NamedTuple):
    """Where a response of a source and team is kept."""

    device_id: int
    placement_id: int
    team_id: int
    location_id: int


def source_fault(code: str) -> str:
    """What is wrong with the code of a source; empty where nothing is."""
    if CODE.fullmatch(code):
        return ""
    return f'"{code:.40}" cannot name a source: write up to 32 small letters, digits and hyphens, a letter first.'


def mode_fault(mode: str | None) -> str:
    """What is wrong with a mode of collection; empty where nothing is."""
    return "" if mode is None or mode in MODES else f"{mode:.40} is no mode of collection: {', '.join(MODES)}."


def find_or_make_source(session: Session, organisation: Organisation, code: str, mode: str | None) -> ImportSource:
    """The source of this code. How it was collected is said the first time, and holds from then on."""
    found = session.scalar(
        select(ImportSource).where(
            ImportSource.organisation_id == organisation.organisation_id, ImportSource.code == code
        )
    )
    if found is None:
        found = ImportSource(organisation_id=organisation.organisation_id, code=code, mode=mode or OTHER_MODE)
        session.add(found)
        session.flush()
    elif mode not in (None, found.mode):
        raise OperatorError(f"source {code} was collected as {found.mode}, not {mode}: name another source.")
    return found


def stand_ins(
    session: Session, organisation: Organisation, source: ImportSource, teams: Mapping[str, int], now: datetime
) -> dict[str, StandIn]:
    """By the code of the team; made where there is none yet."""
    location = _location(session, organisation)
    found = {}
    for code, team_id in teams.items():
        key = (organisation.organisation_id, source.source_id, team_id)
        row = session.get(ImportStandIn, key) or _make(session, source, code, team_id, location.location_id, now)
        found[code] = StandIn(row.device_id, row.placement_id, team_id, location.location_id)
    return found


def _make(
    session: Session, source: ImportSource, team: str, team_id: int, location_id: int, now: datetime
) -> ImportStandIn:
    here = source.organisation_id
    serial = f"import:{source.code}:{team}"
    taken = select(Device).where(Device.organisation_id == here, Device.serial == serial)
    if session.scalar(taken) is not None:
        raise OperatorError(f"a device has the serial {serial} already: name another source.")
    device = Device(organisation_id=here, serial=serial, state=IMPORT, enrolled_at=now, key_epoch=NO_KEYS)
    session.add(device)
    session.flush()
    placement = Placement(
        organisation_id=here,
        device_id=device.device_id,
        team_id=team_id,
        location_id=location_id,
        team_choices=[],
        from_at=BEGINNING,
    )
    session.add(placement)
    session.flush()
    row = ImportStandIn(
        organisation_id=here,
        source_id=source.source_id,
        team_id=team_id,
        device_id=device.device_id,
        placement_id=placement.placement_id,
    )
    session.add(row)
    session.flush()
    return row


def _location(session: Session, organisation: Organisation) -> Location:
    code, name = IMPORTED_LOCATION
    found = session.scalar(
        select(Location).where(Location.organisation_id == organisation.organisation_id, Location.code == code)
    )
    if found is None:
        found = Location(organisation_id=organisation.organisation_id, code=code, name=name)
        session.add(found)
        session.flush()
    return found
