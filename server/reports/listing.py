"""What there is: reports as a viewer may see them, their revisions, readers, and how far a building has come."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, defer

from server.accounts.nodes import team_paths
from server.accounts.tables import Person
from server.accounts.viewer import Via, Viewer
from server.database import on_keys
from server.fleet.tables import Service
from server.improvement.faults import ConflictError
from server.reports.kinds import Kind, may_issue, may_read, teams_of
from server.reports.making import Found
from server.reports.tables import ISSUED, Mail, Report, ReportProgress, ReportReader, ReportRevision

BATCH = 200  # reports looked at at once, to fill a page with those that the viewer may see


class Reader(NamedTuple):
    """Somebody who opened an issued report."""

    revision: int
    name: str
    opened_at: datetime
    acknowledged_at: datetime | None


class Delivery(NamedTuple):
    """One mail that brought a report to somebody, or did not."""

    revision: int
    name: str
    address: str
    state: str
    at: datetime
    answer: str


def reports(session: Session, viewer: Viewer, *, before: int | None = None, limit: int) -> list[Found]:
    """Newest first, those with a number below `before`; each with the newest revision that the viewer may see."""
    found: list[Found] = []
    while len(found) < limit:
        query = select(Report).where(Report.organisation_id == viewer.organisation_id)
        query = query if before is None else query.where(Report.report_id < before)
        rows = list(session.scalars(query.order_by(Report.report_id.desc()).limit(BATCH)))
        found += _seen(session, viewer, rows)
        if len(rows) < BATCH:
            break
        before = rows[-1].report_id
    return found[:limit]


def _seen(session: Session, viewer: Viewer, rows: Sequence[Report]) -> list[Found]:
    by_report: dict[int, list[ReportRevision]] = {}
    numbers = [row.report_id for row in rows]
    for revision in session.scalars(_revisions(viewer.organisation_id, numbers)):
        by_report.setdefault(revision.report_id, []).append(revision)
    found = []
    for report in rows:
        shown = _shown(viewer, report, by_report.get(report.report_id, []))
        if shown:
            found.append(Found(report, shown[0]))
    return found


def _revisions(organisation_id: int, numbers: Sequence[int]) -> Select[ReportRevision]:
    query = select(ReportRevision).where(
        ReportRevision.organisation_id == organisation_id, ReportRevision.report_id.in_(numbers)
    )
    heavy = [defer(column) for column in (ReportRevision.snapshot, ReportRevision.pdf, ReportRevision.xlsx)]
    return query.options(*heavy).order_by(ReportRevision.revision.desc())


def _shown(viewer: Viewer, report: Report, revisions: list[ReportRevision]) -> list[ReportRevision]:
    kind, teams = Kind(report.kind), teams_of(report.team_ids)
    if may_issue(viewer, kind, teams):
        return revisions
    return [row for row in revisions if row.state == ISSUED] if may_read(viewer, kind, teams) else []


def history(session: Session, viewer: Viewer, report: Report) -> list[ReportRevision]:
    """Its revisions as the viewer may see them, newest first."""
    return _shown(viewer, report, list(session.scalars(_revisions(viewer.organisation_id, [report.report_id]))))


def service_names(session: Session, organisation_id: int) -> dict[str, str]:
    """By code."""
    query = select(Service.code, Service.name).where(Service.organisation_id == organisation_id)
    return dict(session.execute(query.order_by(Service.name)).all())


def services_to_issue(session: Session, viewer: Viewer) -> list[str]:
    """The codes of the services of whose reports the viewer may make at least the inside one."""
    teams: dict[int, set[int]] = {}
    for path in team_paths(session, viewer.organisation_id):
        teams.setdefault(path.service_id, set()).add(path.team_id)
    codes = select(Service.service_id, Service.code).where(Service.organisation_id == viewer.organisation_id)
    return [
        code
        for number, code in session.execute(codes.order_by(Service.name))
        if may_issue(viewer, Kind.MONTHLY, frozenset(teams.get(number, ())))
    ]


def progress(session: Session, row: ReportRevision) -> ReportProgress | None:
    """How far the building has come; None before its first step."""
    return session.get(ReportProgress, (row.organisation_id, row.report_id, row.revision))


def opened(session: Session, viewer: Viewer, found: Found, at: datetime, *, acknowledged: bool = False) -> None:
    """Note that the viewer has it before them, or says that they have read it. Programs read nothing.

    Raises ConflictError where it is not issued and yet acknowledged.
    """
    row = found.revision
    if row.state != ISSUED:
        if acknowledged:
            raise ConflictError(f"Report {row.report_id} is {row.state}: only what is issued is acknowledged.")
        return
    if viewer.person_id is None or viewer.via is not Via.BROWSER:
        if acknowledged:
            raise ConflictError("Only a person can say that they have read it: sign in.")
        return
    key = {"organisation_id": row.organisation_id, "report_id": row.report_id, "revision": row.revision}
    mine = insert(ReportReader).values(
        **key, person_id=viewer.person_id, opened_at=at, acknowledged_at=at if acknowledged else None
    )
    session.execute(mine.on_conflict_do_nothing())
    if acknowledged:
        reader = session.get_one(ReportReader, (*key.values(), viewer.person_id))
        reader.acknowledged_at = reader.acknowledged_at or at
    session.flush()


def readers(session: Session, report: Report) -> list[Reader]:
    """Who opened it, by revision and time."""
    query = (
        select(ReportReader.revision, Person.name, ReportReader.opened_at, ReportReader.acknowledged_at)
        .join(Person, on_keys(Person, ReportReader, "person_id"))
        .where(ReportReader.organisation_id == report.organisation_id, ReportReader.report_id == report.report_id)
        .order_by(ReportReader.revision.desc(), ReportReader.opened_at)
    )
    return [Reader(*row) for row in session.execute(query)]


def deliveries(session: Session, report: Report) -> list[Delivery]:
    """The mails that it went out with, newest first."""
    query = (
        select(Mail, Person.name)
        .join(Person, on_keys(Person, Mail, "person_id"))
        .where(Mail.organisation_id == report.organisation_id, Mail.report_id == report.report_id)
        .order_by(Mail.mail_id.desc())
    )
    return [
        Delivery(
            mail.revision or 0,
            name,
            mail.address,
            mail.state,
            mail.ended_at or mail.tried_at or mail.made_at,
            mail.answer,
        )
        for mail, name in session.execute(query)
    ]


def reader(session: Session, viewer: Viewer, row: ReportRevision) -> ReportReader | None:
    """The viewer's own note; None for who has not opened it, or is no person."""
    if viewer.person_id is None:
        return None
    return session.get(ReportReader, (row.organisation_id, row.report_id, row.revision, viewer.person_id))
