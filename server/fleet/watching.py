"""Alerts of devices as they stand: each held against the sync interval that its own settings say."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.alerts import SYNC_EVERY, Alert, alerts
from server.fleet.device_settings import open_settings, setting_rows
from server.fleet.keys import KeyRing
from server.fleet.roster import Entry
from server.fleet.scope import scopes_around
from server.fleet.tables import Organisation, Team
from server.ingest.refusal_tables import DeviceRefusal

INTERVAL = "sync_every_s"
REFUSALS_COUNT_FOR = timedelta(days=7)


def watched(
    session: Session, organisation: Organisation, entries: Sequence[Entry], now: datetime
) -> dict[int, list[Alert]]:
    """By device number; an empty list where nothing is to be seen to."""
    refused = _refused(session, organisation, now)
    every = sync_intervals(session, organisation, entries)
    return {
        entry.device_id: alerts(entry, now, every[entry.device_id], refused.get(entry.device_id)) for entry in entries
    }


def sync_intervals(session: Session, organisation: Organisation, entries: Sequence[Entry]) -> dict[int, timedelta]:
    """How often each of these devices is to be heard, as the nearest of its settings says."""
    here = organisation.organisation_id
    rows = [row for row in setting_rows(session, here) if row.name == INTERVAL]
    known = open_settings(rows, here, _no_secrets)
    teams = session.execute(select(Team.team_id, Team.service_id).where(Team.organisation_id == here))
    service_of = {row.team_id: row.service_id for row in teams}
    found = {}
    for entry in entries:
        service_id = service_of[entry.team_id] if entry.team_id is not None else None
        seconds = known.resolve(scopes_around(entry.device_id, entry.team_id, service_id)).get(INTERVAL)
        found[entry.device_id] = timedelta(seconds=seconds) if seconds else SYNC_EVERY
    return found


def _refused(session: Session, organisation: Organisation, now: datetime) -> dict[int, dict[str, int]]:
    """Messages that ingest refused lately, by device and reason."""
    here = DeviceRefusal.organisation_id == organisation.organisation_id
    query = (
        select(DeviceRefusal.device_id, DeviceRefusal.reason, func.sum(DeviceRefusal.count).label("messages"))
        .where(here, DeviceRefusal.last_at > now - REFUSALS_COUNT_FOR)
        .group_by(DeviceRefusal.device_id, DeviceRefusal.reason)
    )
    found: dict[int, dict[str, int]] = {}
    for row in session.execute(query):
        found.setdefault(row.device_id, {})[row.reason] = int(row.messages)
    return found


def _no_secrets() -> KeyRing:
    raise OperatorError("an interval is no secret")
