"""The outbox emptied through SMTP: each mail at most once.

Before the mail server hears of a mail, "sending" is committed; after it has taken it, "sent". A process that ends in
between leaves "sending" behind, and a connection that is lost while the server should have said whether it took the
mail leaves the same doubt: such a mail is marked "unsure", shown as such, and never sent again by itself. What the
server has refused for now is tried again, later and later; what it has refused for good is not.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from server.database import act_as
from server.reports.outbox import REFUSED, SENDING, SENT, STALE_AFTER, UNSURE, WAITING
from server.reports.tables import Mail, Subscription
from server.settings import Settings, read_secret

LOCK = 0x4D41494C  # "MAIL": one pass sends at a time
TIMEOUT_S = 30
TRIES_MAX = 8
FIRST_WAIT = timedelta(minutes=5)  # doubled with each try: the last one is ten hours after the first
TEMPORARY, TAKEN = range(400, 500), range(200, 300)
LEFT = "The sending process ended before it could note the answer: it may have arrived, and is not sent again."
LOST = "The connection was lost before the answer: it may have arrived, and is not sent again."
log = logging.getLogger(__name__)


def send_waiting(engine: Engine, settings: Settings, now: Callable[[], datetime]) -> int:
    """Send what is due; how many mails were taken. None where another pass sends, or no mail server is set."""
    if not settings.smtp_host:
        return 0
    with Session(engine) as holder, holder.begin():
        if not holder.scalar(select(func.pg_try_advisory_xact_lock(LOCK, 0))):
            return 0
        _mark_left(engine, now())
        if not _due(holder, now()):
            return 0
        try:
            with connected(settings) as server:
                return _send_all(engine, settings, server, now)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("the mail server %s cannot be used: %s", settings.smtp_host, error)
            return 0


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """The mail server, its certificate checked. Raises OSError, SMTPException."""
    authority = str(settings.smtp_ca_file) if settings.smtp_ca_file else None
    context = ssl.create_default_context(cafile=authority)
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=context
        )
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            assert settings.smtp_password_file is not None
            server.login(settings.smtp_user, read_secret(settings.smtp_password_file, "PET_SMTP_PASSWORD_FILE"))
        yield server
    finally:
        server.close()


def _due(session: Session, now: datetime) -> list[tuple[int, int]]:
    query = select(Mail.organisation_id, Mail.mail_id).where(Mail.state == WAITING, Mail.next_at <= now)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Mail.made_at, Mail.mail_id))]


def _send_all(engine: Engine, settings: Settings, server: smtplib.SMTP, now: Callable[[], datetime]) -> int:
    sent = 0
    with Session(engine) as session:
        keys = _due(session, now())
    for key in keys:
        begun = _begin(engine, key, now())
        if begun is None:
            continue
        address, content, tries = begun
        state, answer = _hand_over(server, settings.mail_from, address, content)
        sent += state == SENT
        _end(engine, key, state, answer, now(), tries)
        if state == UNSURE or server.sock is None:
            break  # this connection is of no use any more; the rest waits for the next pass
    return sent


def _begin(engine: Engine, key: tuple[int, int], now: datetime) -> tuple[str, bytes, int] | None:
    """Address, content and the number of the try; "sending" is committed. None: it is not to be sent any more."""
    with Session(engine) as session, session.begin():
        act_as(session, "mail")
        row = session.get_one(Mail, key, with_for_update=True)
        subscription = session.get_one(Subscription, (row.organisation_id, row.subscription_id))
        if row.state != WAITING or row.content is None:
            return None
        if subscription.ended_at is not None or row.made_at < now - STALE_AFTER:
            gone = "unsubscribed before it was sent" if subscription.ended_at else "too old to be sent"
            row.state, row.content, row.ended_at, row.answer = REFUSED, None, now, gone
            return None
        row.state, row.tries, row.tried_at = SENDING, row.tries + 1, now
        return row.address, row.content, row.tries


def _hand_over(server: smtplib.SMTP, sender: str, address: str, content: bytes) -> tuple[str, str]:
    """The state that follows, and the server's words. Until the content is sent, whatever fails has sent nothing."""
    try:
        for code, words in (server.mail(sender), server.rcpt(address)):
            if code not in TAKEN:
                server.rset()
                return _refusal(code), _said(code, words)
    except (OSError, smtplib.SMTPException) as error:
        return WAITING, str(error)
    try:
        code, words = server.data(content)
    except smtplib.SMTPDataError as error:  # it did not even want the content
        return _refusal(error.smtp_code), _said(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail to %s: %s", address, error)
        return UNSURE, f"{LOST} ({error})"
    return (SENT if code in TAKEN else _refusal(code)), _said(code, words)


def _refusal(code: int) -> str:
    return WAITING if code in TEMPORARY else REFUSED


def _said(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


def _end(engine: Engine, key: tuple[int, int], state: str, answer: str, now: datetime, tries: int) -> None:
    if state == WAITING and tries >= TRIES_MAX:
        state = REFUSED
    with Session(engine) as session, session.begin():
        act_as(session, "mail")
        row = session.get_one(Mail, key, with_for_update=True)
        row.state, row.answer = state, answer
        if state == WAITING:
            row.next_at = now + FIRST_WAIT * 2 ** (tries - 1)
        else:
            row.content, row.ended_at = None, now


def _mark_left(engine: Engine, now: datetime) -> None:
    """What a process that ended has left behind: nobody knows whether it arrived."""
    with Session(engine) as session, session.begin():
        act_as(session, "mail")
        session.execute(
            update(Mail).where(Mail.state == SENDING).values(state=UNSURE, content=None, ended_at=now, answer=LEFT)
        )
