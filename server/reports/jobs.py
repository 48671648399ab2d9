"""Scheduled work from the database's own state: one pass does what is due, whoever else makes a pass meanwhile.

A piece of work and the row that says it is done are one transaction; the row's key is unique. So two passes at once do
it once, a pass that fails leaves nothing behind and the next one does it, and what is done is never done again.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.api.detecting import Detected, find_detected
from server.api.problems import ProblemError
from server.api.stats import findings
from server.api.stats.findings import FindingsQuery, read_findings
from server.backup.hold import WORDS, is_held
from server.database import act_as
from server.fleet.tables import Organisation, Service
from server.improvement.concerns import NewConcern, raise_concern, take_over
from server.improvement.faults import ConflictError
from server.improvement.sight import SCHEDULED
from server.improvement.tables import Concern
from server.reports.asking import Asking
from server.reports.building import Key, build, waiting
from server.reports.digest import make_digest
from server.reports.due import DETECTION_HOUR, DIGEST_HOUR, WEEK, Due, of_month, of_week
from server.reports.kinds import Kind
from server.reports.making import Wanted, begin_unless_there
from server.reports.outbox import Letter, put
from server.reports.restoring import DIGEST_JOB
from server.reports.sending import send_waiting
from server.reports.subscriptions import DIGEST, Subscribed, subscribers, viewer_of
from server.reports.tables import JobRun
from server.settings import Settings

DETECTED_OVER_WEEKS = 13
QUIET_WEEKS = 8  # what somebody has closed is not raised again for so long: they know
log = logging.getLogger(__name__)


class Shop(NamedTuple):
    """What every piece of work needs. `place`: the organisation's number; `zone`: of its days."""

    engine: Engine
    settings: Settings
    now: Callable[[], datetime]
    place: int
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        """The organisation's own time."""
        return self.now().astimezone(self.zone)


class Done(NamedTuple):
    """What a pass has done, in words."""

    what: list[str]
    failed: list[str]


def run_once(engine: Engine, settings: Settings, now: Callable[[], datetime]) -> Done:
    """One pass. A piece that fails stops no other."""
    done = Done([], [])
    with Session(engine) as session:
        if is_held(session):
            return Done([f"nothing is done: {WORDS}"], [])
        places = session.execute(select(Organisation.organisation_id, Organisation.timezone)).all()
    for number, zone in places:
        shop = Shop(engine, settings, now, number, ZoneInfo(zone))
        for name, due, work in (
            ("detection", of_week(shop.local, DETECTION_HOUR), _detect),
            ("drafts", of_month(shop.local), _draft),
            (DIGEST_JOB, of_week(shop.local, DIGEST_HOUR), _digest),
        ):
            _try(done, f"{name} {due.name}", partial(_piece, shop, name, due, work))
    with Session(engine) as session:
        keys = waiting(session)
    for key in keys:
        _try(done, f"report {key.report_id}", partial(_build, engine, key, now))
    _try(done, "mail", partial(_send, engine, settings, now))
    return done


def _build(engine: Engine, key: Key, now: Callable[[], datetime]) -> str | None:
    return "built" if build(engine, key, now) else None


def _send(engine: Engine, settings: Settings, now: Callable[[], datetime]) -> str | None:
    sent = send_waiting(engine, settings, now)
    return f"{sent} sent" if sent else None


def _try(done: Done, name: str, work: Callable[[], str | None]) -> None:
    try:
        outcome = work()
    except Exception as error:  # the others are done all the same, and this one again by the next pass
        log.exception("%s failed", name)
        done.failed.append(f"{name}: {error}")
    else:
        if outcome is not None:
            done.what.append(f"{name}: {outcome}")


def _piece(shop: Shop, name: str, due: Due, work: Callable[[Session, Shop, Due], str]) -> str | None:
    """Its outcome; None where it was done before, or is being done."""
    with Session(shop.engine) as session, session.begin():
        act_as(session, SCHEDULED)
        key = {"organisation_id": shop.place, "job": name, "due": due.name}
        if session.get(JobRun, tuple(key.values())) is not None:
            return None
        # Whoever comes second waits here until the first one is done, and then does nothing.
        claim = insert(JobRun).values(**key, ran_at=shop.now(), outcome="").on_conflict_do_nothing()
        if session.execute(claim.returning(JobRun.due)).first() is None:
            return None
        outcome = work(session, shop, due)
        session.get_one(JobRun, tuple(key.values())).outcome = outcome
        return outcome


def _digest(session: Session, shop: Shop, due: Due) -> str:
    """One mail to each subscriber who may be told something."""
    if not shop.settings.smtp_host:
        return "no mail server is set: nothing is written"
    letters = [_digest_letter(session, shop, due, each) for each in subscribers(session, shop.place, DIGEST)]
    written = [letter for letter in letters if letter is not None and put(session, shop.settings, letter, shop.now())]
    return f"{len(written)} mails written"


def _digest_letter(session: Session, shop: Shop, due: Due, to: Subscribed) -> Letter | None:
    viewer = viewer_of(session, to.person, shop.now())
    digest = make_digest(session, viewer, due.after, shop.now())
    if digest is None:
        return None
    lines = digest.lines(shop.settings.web_address)
    return Letter(f"digest {due.name} to {to.person.person_id}", to, f"What patients said: {digest.title}", lines)


def _draft(session: Session, shop: Shop, due: Due) -> str:
    """The month's drafts: of each service for its people, of the whole for commissioner and board."""
    services = session.scalars(
        select(Service.code).where(Service.organisation_id == shop.place).order_by(Service.service_id)
    )
    wanted = [Wanted(Kind.MONTHLY, due.first, code) for code in services]
    if wanted:
        wanted += [Wanted(Kind.COMMISSIONER, due.first), Wanted(Kind.BOARD, due.first)]
    viewer = everything(shop.place, SCHEDULED)
    begun = [begin_unless_there(session, viewer, each, shop.now(), shop.local.date()) for each in wanted]
    return f"{sum(begun)} reports begun"


def _detect(session: Session, shop: Shop, due: Due) -> str:
    """Concerns for what is found wanting at a service, unless one is open or was closed not long ago."""
    viewer = everything(shop.place, SCHEDULED)
    period = [("from", str(due.after - DETECTED_OVER_WEEKS * WEEK)), ("to", str(due.after))]
    asking = Asking(session, viewer, shop.now())
    rows = asking.ask(read_findings, FindingsQuery, "concerns", [*period, ("by", "service")], findings.MORE)["data"]
    raised = [
        row["question"]
        for row in rows
        if row["level"] == "concern" and not _known(session, shop, row) and _raise(session, shop, due, row)
    ]
    return f"{len(raised)} concerns raised"


def _known(session: Session, shop: Shop, row: dict[str, str]) -> bool:
    query = (
        select(Concern.concern_id)
        .join(
            Service, (Service.organisation_id == Concern.organisation_id) & (Service.service_id == Concern.service_id)
        )
        .where(Concern.organisation_id == shop.place, Service.code == row["code"])
        .where(Concern.question_id == row["question"])
        .where(Concern.closed_at.is_(None) | (Concern.closed_at > shop.now() - QUIET_WEEKS * WEEK))
    )
    return session.scalar(query.limit(1)) is not None


def _raise(session: Session, shop: Shop, due: Due, row: dict[str, str]) -> bool:
    """As somebody would who looks at the list; computed anew, so that the concern holds what was found."""
    viewer = everything(shop.place, SCHEDULED)
    span = Detected.model_validate(
        {"from_date": str(due.after - DETECTED_OVER_WEEKS * WEEK), "to_date": str(due.after)}
    )
    try:
        finding = find_detected(session, viewer, span, ("service", row["code"]), row["question"], shop.now())
    except ProblemError:
        return False  # by itself it is none: fewer comparisons, another bound
    new = NewConcern(row["question"], None, None, row["code"], f"{row['name']}: {row['text']}"[:200])
    try:
        with session.begin_nested():
            take_over(session, raise_concern(session, viewer, new, shop.now()), finding)
    except ConflictError:
        return False
    return True
