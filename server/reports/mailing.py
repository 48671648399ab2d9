"""An issued report on its way to whoever subscribed to its kind and may read it."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.reports.document import short_sentences
from server.reports.kinds import TITLES, may_read
from server.reports.making import Found
from server.reports.outbox import Attachment, Letter, put
from server.reports.subscriptions import Subscribed, subscribers, viewer_of
from server.settings import Settings


def mail_report(session: Session, settings: Settings, found: Found, now: datetime) -> int:
    """Put it into the outbox, once for each of its recipients. How many mails were written."""
    if not settings.smtp_host:
        return 0
    readers = recipients(session, found, now)
    return sum(put(session, settings, _letter(settings, found, each), now) for each in readers)


def recipients(session: Session, found: Found, now: datetime) -> list[Subscribed]:
    """The distribution list at this instant: what somebody may not read is not sent to them either."""
    listed = subscribers(session, found.report.organisation_id, found.kind)
    return [each for each in listed if may_read(viewer_of(session, each.person, now), found.kind, found.teams)]


def _letter(settings: Settings, found: Found, to: Subscribed) -> Letter:
    row, snapshot = found.revision, found.revision.snapshot
    assert snapshot is not None
    assert row.pdf is not None
    month, subject = snapshot["month_in_words"], snapshot["subject"]
    again = [f"This is revision {row.revision}, issued because: {row.reason}", ""] if row.revision > 1 else []
    changes = [*snapshot.get("changes", []), ""] if row.revision > 1 else []
    lines = [
        f"{TITLES[found.kind]}: {subject}, {month}",
        "",
        *again,
        *changes,
        *short_sentences(snapshot),
        "",
        "The report is attached. On its page you can say that you have read it:",
        f"{settings.web_address}/reports/{row.report_id}",
    ]
    name = f"pet-{found.kind}-{found.report.first_day:%Y-%m}-r{row.revision}.pdf"
    key = f"report {row.report_id} revision {row.revision} to {to.person.person_id}"
    title = f"{month}: {TITLES[found.kind]}, {subject}" + (f" (revision {row.revision})" if row.revision > 1 else "")
    return Letter(key, to, title, lines, Attachment(name, row.pdf), (row.report_id, row.revision))
