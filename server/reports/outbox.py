"""The outbox: a mail is written once, under a key that says what it is, in the transaction that makes it due."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from textwrap import wrap
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.improvement.numbers import next_number
from server.reports.subscriptions import Subscribed, words
from server.reports.tables import Mail
from server.settings import Settings

WAITING, SENDING, SENT, UNSURE, REFUSED = "waiting", "sending", "sent", "unsure", "refused"
WIDTH = 76
STALE_AFTER = timedelta(days=5)  # a week's news is none when the next one is due


class Attachment(NamedTuple):
    """A file that comes along."""

    name: str
    content: bytes
    subtype: str = "pdf"


class Letter(NamedTuple):
    """What somebody is to be told. `report`: its number and revision, where it is about one."""

    key: str
    to: Subscribed
    subject: str
    lines: list[str]
    attachment: Attachment | None = None
    report: tuple[int, int] | None = None


def message(settings: Settings, letter: Letter, at: datetime) -> bytes:
    """As it goes to the mail server. Its id follows from its key: should one come twice, readers' programs can tell."""
    link = f"{settings.web_address}/unsubscribe/{letter.to.subscription.secret}"
    made = EmailMessage(policy=SMTP)
    made["Subject"] = letter.subject
    made["From"] = f"Patient Experience Tracker <{settings.mail_from}>"
    made["To"] = letter.to.person.email
    made["Date"] = format_datetime(at)
    of_key = sha256(f"{letter.to.person.organisation_id}/{letter.key}".encode()).hexdigest()[:32]
    made["Message-ID"] = f"<{of_key}@{settings.mail_from.rpartition('@')[2]}>"
    made["List-Unsubscribe"] = f"<{link}>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made["Auto-Submitted"] = "auto-generated"
    what = words(letter.to.subscription.what)
    end = ["", "-- ", f"You get this because you subscribed to {what}. To stop it, without signing in:", link]
    text = [row for line in [*letter.lines, *end] for row in _wrapped(line)]
    made.set_content("\n".join(text) + "\n", cte="quoted-printable")
    if letter.attachment is not None:
        name, content, subtype = letter.attachment
        made.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return made.as_bytes()


def _wrapped(line: str) -> list[str]:
    """As wide as plain text is read; an address stays whole, and so does the line that parts the signature."""
    if len(line) <= WIDTH:
        return [line]
    return wrap(
        line,
        WIDTH,
        subsequent_indent="  " if line.startswith("- ") else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def put(session: Session, settings: Settings, letter: Letter, now: datetime) -> bool:
    """Let it wait to be sent. False: it was written before, and nothing is written now."""
    person = letter.to.person
    here = person.organisation_id
    number = next_number(session, Mail, Mail.mail_id, here)
    if session.scalar(select(Mail.mail_id).where(Mail.organisation_id == here, Mail.key == letter.key)) is not None:
        return False
    content = message(settings, letter, now)
    report, revision = letter.report or (None, None)
    session.add(
        Mail(
            organisation_id=here,
            mail_id=number,
            key=letter.key,
            person_id=person.person_id,
            subscription_id=letter.to.subscription.subscription_id,
            report_id=report,
            revision=revision,
            address=person.email,
            subject=letter.subject,
            content=content,
            content_sha256=sha256(content).hexdigest(),
            state=WAITING,
            tries=0,
            made_at=now,
            next_at=now,
            answer="",
        )
    )
    session.flush()
    return True
