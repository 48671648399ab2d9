"""The audit log for whoever may see it: newest first, page by page, with its head."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from server.accounts.audit_log import entries, head
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.improving import PAGING, Page, Paged, page_of
from server.api.parameters import only
from server.api.problems import ProblemError, make_problem
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession

ACTION = r"^[a-z_]{1,60} (insert|update|delete|baseline)$"

router = APIRouter(prefix=PREFIX, tags=["audit"], responses=refusals())


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


class AuditLogAnswer(Page):
    """GET /api/v1/audit-log."""

    head: AuditHeadAnswer
    data: list[AuditEntryAnswer]


@router.get("/audit-log", operation_id="list_audit_log", dependencies=[only("action", *PAGING)])
def list_audit_log(
    request: Request,
    viewer: Annotated[Viewer, needs(Right.SEE_AUDIT_LOG)],
    session: OpenSession,
    page: Paged,
    action: Annotated[str | None, Query(pattern=ACTION)] = None,
) -> AuditLogAnswer:
    """Every change of people, targets, questionnaires, placements, flags, plans and reports, newest first."""
    here = viewer.organisation_id
    if not viewer.may_everywhere(Right.SEE_AUDIT_LOG):
        detail = "The audit log is the whole organisation's, and your account has the right to see a part of that only."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))
    found = entries(session, here, before=page.before, limit=page.limit + 1, action=action)
    rows, links = page_of(request, page, found, lambda row: row.sequence)
    last = head(session, here)
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
    return AuditLogAnswer(head=AuditHeadAnswer(sequence=last.sequence, hash=last.hash), data=data, links=links)
