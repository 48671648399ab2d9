"""What the page of one report shows: what it says, how it stands, its revisions, and who got and read it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.scope import find_place
from server.reports import listing
from server.reports.blocks import Block
from server.reports.document import blocks, points_table
from server.reports.icons import Icon
from server.reports.kinds import may_issue
from server.reports.mailing import recipients
from server.reports.making import Found, stamp_of
from server.reports.pictures import weeks_picture
from server.reports.stamp import stamp_lines
from server.reports.subscriptions import who_may_be_added
from server.reports.tables import ISSUED, ReportRevision
from server.web.chart import FRAMES
from server.web.reports.list_page import subject_of
from server.web.reports.words import KINDS, MAIL_STATES, state_tag
from server.web.words import day

NUMBERS = "numbers"  # of the chart: on a page they stand folded up below it


def report_content(session: Session, viewer: Viewer, found: Found, now: datetime) -> dict[str, Any]:
    """For reports/report.html.jinja."""
    place = find_place(session, viewer.organisation_id)
    row, snapshot = found.revision, found.revision.snapshot
    names = listing.service_names(session, viewer.organisation_id)
    issuer = may_issue(viewer, found.kind, found.teams)
    revisions = listing.history(session, viewer, found.report)
    return {
        "path": "/reports",
        "number": row.report_id,
        "title": KINDS[found.kind],
        "subject": subject_of(found, names, place.name),
        "month": snapshot["month_in_words"] if snapshot else f"{found.report.first_day:%B %Y}",
        "row": row,
        "tag": state_tag(row.state, row.revision),
        "newest": row.revision == revisions[0].revision,
        "progress": listing.progress(session, row),
        "kind": found.kind.value,
        "blocks": [] if snapshot is None else [_block(each) for each in blocks(snapshot) if each.name != NUMBERS],
        "points": None if snapshot is None else points_table(snapshot),
        # Ours, and escaped where they were drawn.
        "charts": [] if snapshot is None else [Markup(weeks_picture(snapshot, each, styled=False)) for each in FRAMES],  # noqa: S704
        "stamp": [] if snapshot is None else stamp_lines(snapshot, stamp_of(row)),
        "issuer": issuer,
        "revisions": [_revision(each, place.zone) for each in revisions],
        "acknowledged": _acknowledged(session, viewer, found),
        "may_acknowledge": row.state == ISSUED and viewer.person_id is not None,
        **(_people(session, viewer, found, now, place.zone) if issuer else {"readers": [], "list": [], "mails": []}),
        "addable": _addable(session, viewer, found),
    }


def _block(block: Block) -> dict[str, Any]:
    rows = [] if block.table is None else [[_cell(cell) for cell in row] for row in block.table.rows]
    return {name: getattr(block, name) for name in ("name", "heading", "sentences", "chart", "table")} | {"rows": rows}


def _cell(cell: str | Icon) -> str:
    if isinstance(cell, Icon):
        return Markup('<span class="report-icon">{}</span> {}').format(Markup(cell.svg), cell.text)  # noqa: S704 - ours
    return cell


def _revision(row: ReportRevision, zone: ZoneInfo) -> dict[str, Any]:
    at = row.issued_at or row.built_at or row.asked_at
    return {
        "revision": row.revision,
        "tag": state_tag(row.state, row.revision),
        "at": _instant(at, zone),
        "by": row.issued_by or row.asked_by,
        "reason": row.reason or "first issue",
    }


def _acknowledged(session: Session, viewer: Viewer, found: Found) -> bool:
    reader = listing.reader(session, viewer, found.revision)
    return reader is not None and reader.acknowledged_at is not None


def _people(session: Session, viewer: Viewer, found: Found, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """For who issues it: readers, the list as it is now, and the mails that went out."""
    return {
        "readers": [
            {
                "name": each.name,
                "revision": each.revision,
                "opened": _instant(each.opened_at, zone),
                "acknowledged": _instant(each.acknowledged_at, zone) if each.acknowledged_at else "not yet",
            }
            for each in listing.readers(session, found.report)
        ],
        "list": [
            {"name": each.person.name, "email": each.person.email, "subscription": each.subscription.subscription_id}
            for each in recipients(session, found, now)
        ],
        "mails": [
            {
                "name": each.name,
                "address": each.address,
                "revision": each.revision,
                "state": MAIL_STATES[each.state],
                "at": _instant(each.at, zone),
                "answer": each.answer,
            }
            for each in listing.deliveries(session, found.report)
        ],
        "manages_list": viewer.may_everywhere(Right.ISSUE_REPORTS),
    }


def _addable(session: Session, viewer: Viewer, found: Found) -> dict[int, str]:
    if not viewer.may_everywhere(Right.ISSUE_REPORTS):
        return {}
    return {each.person_id: f"{each.name} ({each.email})" for each in who_may_be_added(session, viewer, found.kind)}


def _instant(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"
