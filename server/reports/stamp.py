"""What an issued report says of itself: when it was issued, from which data, how far the audit log had come."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from server.web.words import day


class Stamp(NamedTuple):
    """Of one revision; a draft has no `issued_at`, and nothing after it."""

    report: int
    revision: int
    snapshot_sha256: str
    reason: str = ""
    issued_at: datetime | None = None
    issued_by: str = ""
    audit_sequence: int = 0
    audit_hash: str = ""


def stamp_lines(snapshot: dict[str, Any], stamp: Stamp) -> list[str]:
    """In words, for the end of the report."""
    zone = ZoneInfo(snapshot["timezone"])
    as_of = datetime.fromisoformat(snapshot["as_of"]).astimezone(zone)
    found = [
        (
            f"Report {stamp.report}, revision {stamp.revision}. Figures as of {day(as_of.date())}, {as_of:%H:%M}; data "
            f"version {snapshot['data_version']}."
        )
    ]
    if stamp.reason:
        found.append(f"Issued again because: {stamp.reason}")
    if stamp.issued_at is None:
        return [*found, "This is a draft: it may change until it is issued."]
    issued = stamp.issued_at.astimezone(zone)
    return [
        *found,
        (
            f"Issued on {day(issued.date())}, {issued:%H:%M}, by {stamp.issued_by}. It does not change any more: what "
            "arrives later is told in a revision."
        ),
        f"Audit log: row {stamp.audit_sequence}, hash {stamp.audit_hash or 'none'}.",
        f"SHA-256 of the figures: {stamp.snapshot_sha256}.",
    ]
