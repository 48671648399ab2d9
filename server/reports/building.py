"""The building of reports: work that can be left, and that nobody does twice at once.

Whoever builds holds an advisory lock in the database for as long; a process that ends in between gives it up, and the
next one (`pet jobs run`) finds the report still being built, and begins anew.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from time import monotonic, sleep
from typing import NamedTuple

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.api.stats.comparing import months_before
from server.database import act_as
from server.fleet.tables import Service
from server.reports.changes import changes_since
from server.reports.consultation import MONTHS
from server.reports.digests import as_stored, snapshot_digest
from server.reports.kinds import Kind, reader_of, teams_of
from server.reports.making import latest
from server.reports.snapshot import STEPS, About, make_snapshot
from server.reports.tables import BUILDING, DRAFT, FAILED, Report, ReportProgress, ReportRevision

LOCK = 0x52455054  # "REPT": the first half of the advisory lock's name
LOOK_S = 0.1
log = logging.getLogger(__name__)


class Key(NamedTuple):
    """Of a revision."""

    organisation_id: int
    report_id: int
    revision: int


def waiting(session: Session) -> list[Key]:
    """What is to be built, the oldest first."""
    query = select(ReportRevision.organisation_id, ReportRevision.report_id, ReportRevision.revision)
    rows = session.execute(query.where(ReportRevision.state == BUILDING).order_by(ReportRevision.asked_at))
    return [Key(*row) for row in rows]


def build(engine: Engine, key: Key, now: Callable[[], datetime]) -> bool:
    """Build it, unless somebody else does. What goes wrong is told in the report. Whether it was built here."""
    frozen = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(frozen) as reading, reading.begin():
        if not reading.scalar(select(func.pg_try_advisory_xact_lock(LOCK, _number(key)))):
            return False
        row = reading.get(ReportRevision, key)
        report = reading.get(Report, key[:2])
        if row is None or report is None or row.state != BUILDING:
            return False
        try:
            snapshot = make_snapshot(reading, _about(reading, report), now(), _teller(engine, key, now))
            if row.revision > 1:
                before = latest(reading, report, issued=True)
                assert before.snapshot is not None
                snapshot["changes"] = changes_since(before.snapshot, snapshot, before.revision)
        except Exception as error:  # whatever it is, people must be told that there is no report
            log.exception("report %s of organisation %s cannot be built", key.report_id, key.organisation_id)
            _finish(engine, key, {"state": FAILED, "failure": f"It could not be built: {error}"})
            return False
        _finish(engine, key, _built(snapshot, now()))
    return True


def wait_for(engine: Engine, key: Key, seconds: float) -> None:
    """Until it is built, or this time is over: most reports take less than a second."""
    until = monotonic() + seconds
    query = select(ReportRevision.state).where(
        *(getattr(ReportRevision, name) == value for name, value in key._asdict().items())
    )
    while monotonic() < until:
        with Session(engine) as session:
            if session.scalar(query) != BUILDING:
                return
        sleep(LOOK_S)


def _built(made: dict[str, object], at: datetime) -> dict[str, object]:
    snapshot = as_stored(made)
    return {
        "state": DRAFT,
        "snapshot": snapshot,
        "snapshot_sha256": snapshot_digest(snapshot),
        "data_version": snapshot["data_version"],
        "built_at": at,
        "failure": "",
    }


def _about(session: Session, report: Report) -> About:
    kind = Kind(report.kind)
    code = None
    if report.service_id is not None:
        code = session.get_one(Service, (report.organisation_id, report.service_id)).code
    viewer = reader_of(report.organisation_id, kind, teams_of(report.team_ids))
    first = months_before(report.after_day, MONTHS) if kind is Kind.CONSULTATION else report.first_day
    return About(kind, first, report.after_day, code, viewer)


def _teller(engine: Engine, key: Key, now: Callable[[], datetime]) -> Callable[[str], None]:
    """Says in the database what is being done."""

    def told(step: str) -> None:
        fields = {"step": step, "done": STEPS.index(step), "steps": len(STEPS), "at": now()}
        row = insert(ReportProgress).values(**key._asdict(), **fields)
        with engine.begin() as connection:
            connection.execute(
                row.on_conflict_do_update(index_elements=["organisation_id", "report_id", "revision"], set_=fields)
            )

    return told


def _finish(engine: Engine, key: Key, values: dict[str, object]) -> None:
    with Session(engine) as session, session.begin():
        act_as(session, "reports")
        where = [getattr(ReportRevision, name) == value for name, value in key._asdict().items()]
        session.execute(update(ReportRevision).where(*where, ReportRevision.state == BUILDING).values(**values))


def _number(key: Key) -> int:
    """Of the lock's second half: 31 bits of the key."""
    return int.from_bytes(sha256(repr(tuple(key)).encode()).digest()[:4]) >> 1
