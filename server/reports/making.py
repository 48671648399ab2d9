"""Reports made, issued and issued again, in the caller's transaction; what builds them is building.py."""

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit_log import head
from server.accounts.nodes import WHOLE, Node, parse_node, team_paths, teams_below
from server.accounts.rights import Right
from server.accounts.tables import SERVICE
from server.accounts.viewer import Teams, Viewer
from server.errors import OperatorError
from server.improvement.faults import ConflictError, FaultError, NotAllowedError, NotThereError
from server.improvement.numbers import next_number
from server.reports.kinds import Kind, may, may_issue, may_read, teams_of
from server.reports.pdf import as_pdf
from server.reports.stamp import Stamp
from server.reports.tables import BUILDING, DRAFT, FAILED, ISSUED, Report, ReportRevision
from server.reports.xlsx import as_xlsx

ORGANISATION = "organisation"
FORMS = {"pdf": "PDF", "xlsx": "workbook"}


class Wanted(NamedTuple):
    """A report that somebody asks for. `service`: its code; None: of the whole organisation."""

    kind: Kind
    month: date  # its first day
    service: str | None = None


class Found(NamedTuple):
    """A report with one of its revisions."""

    report: Report
    revision: ReportRevision

    @property
    def kind(self) -> Kind:
        return Kind(self.report.kind)

    @property
    def teams(self) -> Teams:
        """What it is about."""
        return teams_of(self.report.team_ids)


def next_month(first: date) -> date:
    """The first day after the month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def make_report(session: Session, viewer: Viewer, wanted: Wanted, now: datetime, today: date) -> Found:
    """Begin to build it: a new one, or its draft anew. Raises FaultError, NotThereError, NotAllowedError, and
    ConflictError where it is issued.
    """
    after = next_month(wanted.month)
    if after > today:
        raise FaultError("month", detail=f"is not over: a report tells of whole months, up to the last day of {after}.")
    if wanted.kind is Kind.BOARD and wanted.service:
        raise FaultError("service", detail="is not for the board's report, which is of the whole organisation.")
    subject, service_id, teams = _subject(session, viewer, wanted.service)
    if not may_issue(viewer, wanted.kind, teams):
        raise NotAllowedError(f"Your account has no right to {Right.ISSUE_REPORTS} of {subject.replace(':', ' ')}.")
    number = next_number(session, Report, Report.report_id, viewer.organisation_id)  # and nobody else makes one now
    found = _same(session, viewer.organisation_id, wanted, subject)
    if found is not None:
        return _again(session, found, viewer, now)
    report = Report(
        organisation_id=viewer.organisation_id,
        report_id=number,
        kind=wanted.kind,
        subject=subject,
        service_id=service_id,
        team_ids=None if teams is None else sorted(teams),
        first_day=wanted.month,
        after_day=after,
        made_at=now,
        made_by=viewer.actor,
    )
    session.add(report)
    session.flush()
    return Found(report, _begin(session, report, 1, "", viewer, now))


def begin_unless_there(session: Session, viewer: Viewer, wanted: Wanted, now: datetime, today: date) -> bool:
    """Begin to build it where there is none yet: what people have made is left alone. Raises as make_report."""
    subject, _, _ = _subject(session, viewer, wanted.service)
    if _same(session, viewer.organisation_id, wanted, subject) is not None:
        return False
    make_report(session, viewer, wanted, now, today)
    return True


def _subject(session: Session, viewer: Viewer, service: str | None) -> tuple[str, int | None, Teams]:
    here = viewer.organisation_id
    word = ORGANISATION if service is None else f"{SERVICE}:{service}"
    try:
        node: Node = WHOLE if service is None else parse_node(session, here, word)
    except OperatorError:
        raise NotThereError(f"There is no service {service!r} here.") from None
    teams = teams_below(node, team_paths(session, here))
    if teams is not None and not any(viewer.may(Right.SEE_FIGURES, team) for team in teams):
        raise NotThereError(f"There is no service {service!r} here.")
    return word, node.key, teams


def _same(session: Session, here: int, wanted: Wanted, subject: str) -> Report | None:
    return session.scalar(
        select(Report).where(
            Report.organisation_id == here,
            Report.kind == wanted.kind,
            Report.subject == subject,
            Report.first_day == wanted.month,
        )
    )


def _again(session: Session, report: Report, viewer: Viewer, now: datetime) -> Found:
    """Its draft, or what was not finished, from the beginning."""
    revision = latest(session, report)
    if revision.state == ISSUED:
        raise ConflictError(f"Report {report.report_id} is issued already: issue it again with a reason.")
    revision.state, revision.failure, revision.snapshot, revision.snapshot_sha256 = BUILDING, "", None, None
    revision.asked_at, revision.asked_by, revision.built_at = now, viewer.actor, None
    session.flush()
    return Found(report, revision)


def _begin(session: Session, report: Report, number: int, reason: str, viewer: Viewer, now: datetime) -> ReportRevision:
    revision = ReportRevision(
        organisation_id=report.organisation_id,
        report_id=report.report_id,
        revision=number,
        state=BUILDING,
        reason=reason,
        asked_at=now,
        asked_by=viewer.actor,
        failure="",
    )
    session.add(revision)
    session.flush()
    return revision


def latest(session: Session, report: Report, *, issued: bool = False) -> ReportRevision:
    """Its newest revision; `issued`: of those that are. Raises NotThereError."""
    query = select(ReportRevision).where(
        ReportRevision.organisation_id == report.organisation_id, ReportRevision.report_id == report.report_id
    )
    if issued:
        query = query.where(ReportRevision.state == ISSUED)
    found = session.scalar(query.order_by(ReportRevision.revision.desc()).limit(1))
    if found is None:
        raise NotThereError(f"There is no report {report.report_id} here.")
    return found


def find_report(session: Session, viewer: Viewer, number: int, revision: int | None = None) -> Found:
    """The newest revision that this viewer may see, or the one asked for. Raises NotThereError for anything else."""
    missing = NotThereError(f"There is no report {number}{f' in revision {revision}' if revision else ''} here.")
    report = session.get(Report, (viewer.organisation_id, number))
    if report is None:
        raise missing
    kind, teams = Kind(report.kind), teams_of(report.team_ids)
    drafts = may_issue(viewer, kind, teams)
    if not drafts and not may_read(viewer, kind, teams):
        raise missing
    if revision is None:
        return Found(report, latest(session, report, issued=not drafts))
    row = session.get(ReportRevision, (viewer.organisation_id, number, revision))
    if row is None or (row.state != ISSUED and not drafts):
        raise missing
    return Found(report, row)


def require_issuer(viewer: Viewer, found: Found) -> None:
    """Raises NotAllowedError."""
    if not may(viewer, Right.ISSUE_REPORTS, found.teams):
        raise NotAllowedError(f"Your account has no right to {Right.ISSUE_REPORTS} of this.")


def stamp_of(row: ReportRevision) -> Stamp:
    """What a draft or issue carries."""
    return Stamp(
        row.report_id,
        row.revision,
        row.snapshot_sha256 or "",
        row.reason,
        row.issued_at,
        row.issued_by or "",
        row.audit_sequence or 0,
        row.audit_hash or "",
    )


def issue(session: Session, viewer: Viewer, number: int, now: datetime) -> Found:
    """From now on it stands. Raises NotThereError, NotAllowedError; ConflictError where it is no draft."""
    found = find_report(session, viewer, number)
    require_issuer(viewer, found)
    row = found.revision
    session.refresh(row, with_for_update=True)
    if row.state != DRAFT or row.snapshot is None:
        raise ConflictError(f"Report {number} is {row.state}: only a draft is issued.")
    log = head(session, viewer.organisation_id)
    stamp = stamp_of(row)._replace(
        issued_at=now, issued_by=viewer.actor, audit_sequence=log.sequence, audit_hash=log.hash
    )
    row.pdf, row.xlsx = as_pdf(row.snapshot, stamp), as_xlsx(row.snapshot, stamp)
    row.pdf_sha256, row.xlsx_sha256 = sha256(row.pdf).hexdigest(), sha256(row.xlsx).hexdigest()
    row.issued_at, row.issued_by = now, viewer.actor
    row.audit_sequence, row.audit_hash = log.sequence, log.hash
    row.state = ISSUED
    session.flush()
    return found


def reissue(session: Session, viewer: Viewer, number: int, reason: str, now: datetime) -> Found:
    """Begin a revision of what is issued; that one stays as it is. Raises as `issue`."""
    found = find_report(session, viewer, number)
    require_issuer(viewer, found)
    next_number(session, Report, Report.report_id, viewer.organisation_id)  # in turn
    last = latest(session, found.report)
    if last.state == FAILED and last.revision > 1:
        return _again(session, found.report, viewer, now)
    if last.state != ISSUED:
        raise ConflictError(f"Report {number} is {last.state}: only what is issued is issued again.")
    return Found(found.report, _begin(session, found.report, last.revision + 1, reason, viewer, now))


def file_of(row: ReportRevision, form: str) -> bytes:
    """The PDF or workbook: as it was issued, or of the draft as it is.

    Raises ConflictError while it is built, and where what is kept is not what was issued.
    """
    kept, digest = (row.pdf, row.pdf_sha256) if form == "pdf" else (row.xlsx, row.xlsx_sha256)
    if kept is not None:
        if sha256(kept).hexdigest() != digest:
            raise ConflictError(
                f"The stored {FORMS[form]} of report {row.report_id}, revision {row.revision}, is not the one that was "
                "issued: its SHA-256 differs. It is not given out. Tell whoever runs the server: `pet rebuild --check` "
                "says what else differs, and a backup has what was issued."
            )
        return kept
    if row.snapshot is None:
        raise ConflictError(f"Report {row.report_id} is {row.state}: there is nothing to read yet.")
    draw: Callable[..., bytes] = as_pdf if form == "pdf" else as_xlsx
    return draw(row.snapshot, stamp_of(row))
