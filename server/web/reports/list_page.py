"""What the page of all reports shows: by month, what may be made, and the mails that its reader gets."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.scope import find_place
from server.reports import listing
from server.reports.kinds import AUDIENCES, READ_BY, Kind
from server.reports.making import Found
from server.reports.subscriptions import DIGEST, subscriptions, words
from server.web.reports.words import KINDS, state_tag
from server.web.words import day

SHOWN_MAX = 200  # reports: half a year of thirty services; older ones are on the next page
MONTHS_OFFERED = 12


def list_content(session: Session, viewer: Viewer, now: datetime, before: int | None) -> dict[str, Any]:
    """For reports/list.html.jinja. `before`: of the next page, the number that its reports lie below."""
    place = find_place(session, viewer.organisation_id)
    found = listing.reports(session, viewer, before=before, limit=SHOWN_MAX + 1)
    names = listing.service_names(session, viewer.organisation_id)
    shown = sorted(found[:SHOWN_MAX], key=lambda each: (each.report.first_day, -each.report.report_id), reverse=True)
    return {
        "path": "/reports",
        "months": [
            {"name": f"{first:%B %Y}", "rows": [_row(each, names, place.name, place.zone) for each in rows]}
            for first, rows in groupby(shown, key=lambda each: each.report.first_day)
        ],
        "older": found[SHOWN_MAX - 1].report.report_id if len(found) > SHOWN_MAX else None,
        "fields": _fields(session, viewer, names, now.astimezone(place.zone).date()),
        "mails": _mails(session, viewer),
    }


def subject_of(found: Found, names: dict[str, str], organisation: str) -> str:
    """What it is of, by name."""
    code = found.report.subject.partition(":")[2]
    return names.get(code, code) if code else organisation


def _row(found: Found, names: dict[str, str], organisation: str, zone: ZoneInfo) -> dict[str, Any]:
    row = found.revision
    return {
        "number": row.report_id,
        "title": KINDS[found.kind],
        "subject": subject_of(found, names, organisation),
        "tag": state_tag(row.state, row.revision),
        "issued": day(row.issued_at.astimezone(zone).date()) if row.issued_at else None,
        "revision": row.revision,
    }


def _fields(session: Session, viewer: Viewer, names: dict[str, str], today: date) -> list[dict[str, Any]]:
    """The selects of the form; none for who may make no report."""
    if not viewer.may(Right.ISSUE_REPORTS):
        return []
    whole = viewer.may_everywhere(Right.ISSUE_REPORTS)
    services = {"": "The whole organisation"} if whole else {}
    services |= {code: names[code] for code in listing.services_to_issue(session, viewer)}
    if not services:
        return []
    kinds = {kind.value: name for kind, name in KINDS.items() if whole or kind is not Kind.BOARD}
    months, first = {}, today.replace(day=1)
    for _ in range(MONTHS_OFFERED):
        first = (first - timedelta(days=1)).replace(day=1)
        months[f"{first:%Y-%m}"] = f"{first:%B %Y}"
    return [
        {"name": "kind", "label": "Which report", "options": kinds},
        {"name": "month", "label": "Month", "options": months},
        {"name": "service", "label": "Of which service", "options": services},
    ]


def _mails(session: Session, viewer: Viewer) -> list[dict[str, Any]]:
    """What its reader may get by mail, and gets; nothing for who is no person."""
    if viewer.person_id is None:
        return []
    mine = {
        each.subscription.what: each.subscription.subscription_id
        for each in subscriptions(session, viewer)
        if each.subscription.person_id == viewer.person_id
    }
    offered = [DIGEST, *(kind.value for kind in Kind if viewer.may(READ_BY[AUDIENCES[kind]]))]
    return [
        {"what": what, "words": words(what)[0].upper() + words(what)[1:], "subscription": mine.get(what)}
        for what in offered
    ]
