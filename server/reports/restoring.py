"""After a restore: what may have gone out since the backup is not sent again by itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.fleet.tables import Organisation
from server.reports.due import DIGEST_HOUR, of_week
from server.reports.outbox import SENDING, UNSURE, WAITING
from server.reports.tables import JobRun, Mail

SAID = "This database was restored from a backup: it may have been sent since, and is not sent again."
DIGEST_JOB = "digest"


def leave_unsent(session: Session, now: datetime) -> None:
    """Mails that waited when the backup was made, and the digest of the last week, which its readers may have."""
    waiting = update(Mail).where(Mail.state.in_([WAITING, SENDING]))
    session.execute(waiting.values(state=UNSURE, content=None, ended_at=now, answer=SAID))
    for number, zone in session.execute(select(Organisation.organisation_id, Organisation.timezone)).all():
        due = of_week(now.astimezone(ZoneInfo(zone)), DIGEST_HOUR)
        row = {"organisation_id": number, "job": DIGEST_JOB, "due": due.name, "ran_at": now, "outcome": SAID}
        session.execute(insert(JobRun).values(**row).on_conflict_do_nothing())
