"""A fleet in which not all is well: for the pages of the fleet, on whatever devices the organisation has."""

from datetime import timedelta

from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.database import act_as
from server.fleet.devices import find_device
from server.fleet.lifecycle import change_state, lend
from server.fleet.organisations import find_location, find_team, organisation_of
from server.ingest.refusal_tables import DeviceRefusal
from server.ingest.tables import Gap, Quarantine
from tests.server.conftest import NOW
from tests.server.ingest.ward import KEY_RING

WELL = {
    "battery_mv": 3980,
    "clock": 0,
    "quality": 3,
    "free_slots": 31_400,
    "all_slots": 32_000,
    "application": "0.3.0",
    "base": "1.29 esp32",
}


def pet_time(at):
    """As a device counts: seconds since 2020."""
    return round(at.timestamp()) - 1_577_836_800


def say(figures, device, at, **said):
    """A status with all that a device in good order says, and what differs."""
    figures.heard(device, at, **(WELL | {"clock": pet_time(at)} | said))


def furnish(figures):
    """The first device of the organisation is in every trouble that there is, the others in one or none."""
    first, *others = figures.devices
    for hours in (49, 25, 3):
        say(figures, first, NOW - timedelta(hours=hours), battery_mv=3700 - 5 * hours)
    say(
        figures, first, NOW - timedelta(hours=1), last_sequence=9, stored_through=4, battery_mv=3480, quality=0, clock=0
    )
    for place, device in enumerate(others):
        say(figures, device, NOW - timedelta(hours=7 * place + 1), free_slots=31_400 // (place + 1))
    device_id = figures.devices[first]
    here = {"organisation_id": figures.organisation_id, "device_id": device_id, "journal_id": bytes(8)}
    with Session(figures.engine) as session, session.begin():
        act_as(session, everything(figures.organisation_id, "operations@example.org").actor)
        session.add(Gap(**here, first_sequence=2, last_sequence=3, reason="unreadable", recorded_at=NOW))
        session.add(
            Quarantine(
                **here,
                digest=bytes(32),
                sequence=4,
                record=bytes(32),
                reason="no-placement",
                detail="",
                in_ledger=True,
                key_epoch=1,
                received_at=NOW - timedelta(days=2),
            )
        )
        told = {"organisation_id": figures.organisation_id, "device_id": device_id}
        session.add(DeviceRefusal(**told, reason="key-epoch", day=NOW.date(), count=3, last_at=NOW))
        owner = organisation_of(session, figures.organisation_id)
        row = find_device(session, owner, first)
        where = find_team(session, owner, "haywood"), find_location(session, owner, "ward")
        lend(session, row, *where, NOW + timedelta(days=1), NOW + timedelta(days=8))
        if others:
            change_state(session, owner, find_device(session, owner, others[-1]), "lost", NOW, lambda: KEY_RING)
    return {"fleet_device": first}
