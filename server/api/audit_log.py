"""The audit log for whoever may see it: newest first, page by page, with its head."""

from datetime import date, datetime, time
from http import HTTPStatus
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from server.accounts.audit_log import Wanted, entries, head, last_verification, note_verification, verify
from server.accounts.audit_tables import AuditVerification
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.improving import PAGING, Page, Paged, now_of, page_of, zone_of
from server.api.parameters import only
from server.api.problems import ProblemError, conflict, in_body, in_query, make_problem, wrong_fields
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession

ACTION = r"^[a-z_]{1,60} (insert|update|delete|baseline)$"
TABLE = r"^[a-z_]{1,60}$"
ACTOR = r"^[^\x00-\x1f]*$"
ACTOR_LETTERS_MAX = 300
ROWS_MAX = 300_000  # some seconds of recomputing, while somebody waits

router = APIRouter(prefix=PREFIX, tags=["audit"], responses=refusals())
SeesLog = Annotated[Viewer, needs(Right.SEE_AUDIT_LOG)]


class AuditEntryAnswer(BaseModel):
    """One change of one row."""

    sequence: int
    at: datetime
    actor: Annotated[str, Field(description="a person, a token, or an account of the command line")]
    action: Annotated[str, Field(description="table and what happened: target insert")]
    subject: Annotated[str, Field(description="the row's key")]
    detail: Annotated[
        dict[str, Any], Field(description="old and new values of what changed; left_out: secrets that changed")
    ]
    hash: Annotated[str, Field(description="SHA-256 over the hash before it and this row")]


class AuditHeadAnswer(BaseModel):
    """How far the log has come: kept elsewhere, it shows later whether anything before it was changed."""

    sequence: int
    hash: str


class VerificationAnswer(BaseModel):
    """That the whole chain was recomputed from its rows."""

    at: datetime
    by: Annotated[str, Field(description="who had it done")]
    rows: Annotated[int, Field(description="rows read")]
    broken_row: Annotated[int | None, Field(description="the first row that is not what it was; null: none")]
    why: Annotated[str | None, Field(description="how that is known")]

    @classmethod
    def of(cls, row: AuditVerification) -> Self:
        """As it is noted."""
        return cls(at=row.at, by=row.by, rows=row.rows, broken_row=row.broken_row, why=row.why)


class AuditLogAnswer(Page):
    """GET /api/v1/audit-log."""

    head: AuditHeadAnswer
    verified: Annotated[VerificationAnswer | None, Field(description="the last time; null: never")]
    data: list[AuditEntryAnswer]


def wanted_entries(
    session: OpenSession,
    viewer: SeesLog,
    action: Annotated[str | None, Query(pattern=ACTION)] = None,
    table: Annotated[str | None, Query(pattern=TABLE, description="every action of one table: target")] = None,
    actor: Annotated[
        str | None, Query(max_length=ACTOR_LETTERS_MAX, pattern=ACTOR, description="letters out of who did it")
    ] = None,
    from_: Annotated[date | None, Query(alias="from", description="the first local day")] = None,
    to: Annotated[date | None, Query(description="the local day after the last")] = None,
) -> Wanted:
    """What the address asks for. Raises ProblemError."""
    if from_ is not None and to is not None and from_ >= to:
        raise ProblemError(wrong_fields(in_query("to", "is not after from.")))
    zone = zone_of(session, viewer)
    since, until = (None if day is None else datetime.combine(day, time(), zone) for day in (from_, to))
    return Wanted(action, table, actor or None, since, until)


FILTERS = ("action", "table", "actor", "from", "to")


@router.get("/audit-log", operation_id="list_audit_log", dependencies=[only(*FILTERS, *PAGING)])
def list_audit_log(
    request: Request,
    viewer: SeesLog,
    session: OpenSession,
    page: Paged,
    wanted: Annotated[Wanted, Depends(wanted_entries)],
) -> AuditLogAnswer:
    """Every change of people, targets, questionnaires, placements, flags, plans and reports, newest first."""
    here = viewer.organisation_id
    _sees_whole(viewer)
    found = entries(session, here, before=page.before, limit=page.limit + 1, wanted=wanted)
    rows, links = page_of(request, page, found, lambda row: row.sequence)
    last, checked = head(session, here), last_verification(session, here)
    data = [
        AuditEntryAnswer(
            sequence=row.sequence,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
            hash=row.hash.hex(),
        )
        for row in rows
    ]
    return AuditLogAnswer(
        head=AuditHeadAnswer(sequence=last.sequence, hash=last.hash),
        verified=VerificationAnswer.of(checked) if checked else None,
        data=data,
        links=links,
    )


@router.post(
    "/audit-log/verifications",
    operation_id="verify_audit_log",
    status_code=201,
    responses=refusals(409),
    dependencies=[only()],
)
def post_verification(
    request: Request, viewer: SeesLog, session: OpenSession, writing: WritingSession
) -> VerificationAnswer:
    """Recompute the whole chain from its rows, and note what was found."""
    _sees_whole(viewer)
    seen = head(session, viewer.organisation_id)
    if seen.sequence > ROWS_MAX:
        detail = f"The log has {seen.sequence} rows: so many are verified on the server, by `pet audit-log verify`."
        raise ProblemError(conflict(in_body(detail=detail)))
    found = verify(session, viewer.organisation_id)
    return VerificationAnswer.of(note_verification(writing, seen, found, viewer.actor, now_of(request)))


def _sees_whole(viewer: Viewer) -> None:
    if not viewer.may_everywhere(Right.SEE_AUDIT_LOG):
        detail = "The audit log is the whole organisation's, and your account has the right to see a part of that only."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))
