"""The shapes of reports, as they are asked for and answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from server.api.improving import Body, Code, Page, Words
from server.reports import listing
from server.reports.kinds import AUDIENCES, Audience, Kind
from server.reports.making import Found
from server.reports.tables import BUILDING, ReportRevision

MONTH = "^20[0-9]{2}-(0[1-9]|1[0-2])$"
State = Literal["building", "failed", "draft", "issued"]


class NewReportBody(Body):
    """A month that is over. `monthly` is for the service's own people, `commissioner` and `board` as from outside."""

    kind: Kind
    month: Annotated[str, Field(pattern=MONTH, description="like 2026-10")]
    service: Annotated[Code | None, Field(description="its code; left out: the whole organisation")] = None


class ReissueBody(Body):
    """Why it is issued again: readers see it."""

    reason: Annotated[Words, Field(min_length=3, max_length=500)]


class Progress(Body):
    """How far the building has come."""

    step: str
    done: int
    steps: int


class ReportAnswer(Body):
    """A report with its newest revision that the viewer may see."""

    report: int
    kind: Kind
    audience: Audience
    month: str
    service: str | None
    revision: int
    state: State
    reason: Annotated[str, Field(description="why it was issued again; empty for the first")]
    asked_at: datetime
    asked_by: str
    built_at: datetime | None
    progress: Annotated[Progress | None, Field(description="while it is being built")]
    failure: str
    data_version: int | None
    snapshot_sha256: str | None
    issued_at: datetime | None
    issued_by: str | None
    audit_sequence: Annotated[int | None, Field(description="how far the audit log had come when it was issued")]
    audit_hash: str | None
    pdf_sha256: str | None
    xlsx_sha256: str | None


class Reading(Body):
    """Somebody who opened it."""

    revision: int
    name: str
    opened_at: datetime
    acknowledged_at: datetime | None


class DeliveryAnswer(Body):
    """A mail that brought it to somebody. `unsure`: nobody knows whether it arrived, and it is not sent again."""

    revision: int
    name: str
    address: str
    state: Literal["waiting", "sending", "sent", "unsure", "refused"]
    at: datetime
    answer: str


class WholeReport(ReportAnswer):
    """With what it says, its revisions, and for whoever may issue it: who got and read it."""

    content: Annotated[dict[str, Any] | None, Field(description="the frozen figures; null until it is built")]
    revisions: list[ReportAnswer]
    readers: list[Reading] | None
    deliveries: list[DeliveryAnswer] | None


class ReportsAnswer(Page):
    """A page of reports, newest first."""

    data: list[ReportAnswer]


def answer_report(session: Session, found: Found, row: ReportRevision) -> dict[str, Any]:
    """The fields of ReportAnswer."""
    step = listing.progress(session, row) if row.state == BUILDING else None
    same = ("revision", "state", "reason", "asked_at", "asked_by", "built_at", "failure", "data_version")
    issue_of = ("issued_at", "issued_by", "audit_sequence", "audit_hash", "pdf_sha256", "xlsx_sha256")
    return {
        "report": found.report.report_id,
        "kind": found.kind,
        "audience": AUDIENCES[found.kind],
        "month": f"{found.report.first_day:%Y-%m}",
        "service": found.report.subject.partition(":")[2] or None,
        "progress": None if step is None else Progress(step=step.step, done=step.done, steps=step.steps),
        "snapshot_sha256": row.snapshot_sha256,
        **{name: getattr(row, name) for name in (*same, *issue_of)},
    }
