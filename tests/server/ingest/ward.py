"""An organisation with one ward, and everything that a test asks of the database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.record import (
    ANSWER_NOT_SHOWN,
    FLAG_PARTIAL,
    FLAG_TEST,
    FLAGS_MISUSE,
    KIND_DECLINED,
    KIND_RESPONSE,
    OPTIONS_MAX,
)
from protocol.screen import SCREEN_TEXTS
from server.database import Base
from server.fleet import devices, organisations, placements, questionnaires
from server.fleet.keys import KeyRing
from server.ingest.rollups import COLUMN_OF_ANSWER
from server.ingest.tables import Quarantine, RefusalCount, Response, RollupDay, RollupResponseDay
from server.ingest.transaction import process
from tests.server.ingest.handheld import Handheld

PLACED_AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY_RING = KeyRing(bytes(range(32)))


def _option(code, sentiment, face=0):
    return {"code": code, "sentiment": sentiment, "face": face, "label": {"en": code.title()}}


@cache
def definition():
    scale = [_option("good", "positive", 5), _option("fair", "neutral", 3), _option("poor", "negative", 1)]
    choice = [_option("yes", "positive"), _option("no", "negative")]
    shared = {"topic": "other", "objective": "To listen"}
    return {
        "code": "ward",
        "name": "Ward",
        "title": "Ward",
        "version": 1,
        "languages": ["en"],
        "texts": {name: {"en": name.title()} for name in SCREEN_TEXTS},
        "questions": [
            {"question_id": "food", "kind": "scale", "text": {"en": "Food?"}, "options": scale, **shared},
            {"question_id": "hands", "kind": "choice", "text": {"en": "Hands?"}, "options": choice, **shared},
            {"question_id": "overall", "kind": "scale", "text": {"en": "All?"}, "options": scale, **shared},
        ],
    }


class Ward:
    """Questionnaire reference 1 has three questions with 3, 2 and 3 options. Teams: day and night."""

    def __init__(self, engine, name="Trust", zone="Europe/London"):
        self.engine = engine
        self.name = name
        with Session(engine) as session, session.begin():
            organisation = organisations.add_organisation(session, name, zone)
            service = organisations.add_service(session, organisation, "beds", "Beds")
            for team in ("day", "night"):
                organisations.add_team(session, service, team, team.title())
            organisations.add_location(session, organisation, "ward-1", "Ward 1")
            questionnaires.publish(session, organisation, definition(), PLACED_AT)

    def handheld(self, serial="A", placed_at=PLACED_AT, clock=NOW, choices=()):
        """A new device, placed with the day team unless `placed_at` is None."""
        with Session(self.engine) as session, session.begin():
            organisation = organisations.find_organisation(session, self.name)
            identity = devices.enrol(session, organisation, serial, PLACED_AT, KEY_RING)
        if placed_at is not None:
            self.place(serial, "day", placed_at, choices=choices)
        return Handheld(identity, clock)

    def place(self, serial, team, from_at, to_at=None, choices=()):
        with Session(self.engine) as session, session.begin():
            organisation = organisations.find_organisation(session, self.name)
            placements.place(
                session,
                devices.find_device(session, organisation, serial),
                organisations.find_team(session, organisation, team),
                organisations.find_location(session, organisation, "ward-1"),
                from_at,
                to_at=to_at,
                team_choices=[organisations.find_team(session, organisation, code) for code in choices],
            )

    def publish(self, version):
        with Session(self.engine) as session, session.begin():
            organisation = organisations.find_organisation(session, self.name)
            questionnaires.publish(session, organisation, definition() | {"version": version}, PLACED_AT)

    def change(self, serial, what, *arguments):
        """Call a function of server.fleet.devices with the device."""
        with Session(self.engine) as session, session.begin():
            device = devices.find_device(session, organisations.find_organisation(session, self.name), serial)
            return what(*([session] if arguments else []), device, *arguments)

    def publish_audit(self, code="hands-audit", version=1):
        """A staff checklist with the same shape of questions; its reference."""
        questions = [{**each, "question_id": f"{code}-{each['question_id']}"} for each in definition()["questions"]]
        fields = {**definition(), "code": code, "kind": "audit", "version": version, "questions": questions}
        with Session(self.engine) as session, session.begin():
            organisation = organisations.find_organisation(session, self.name)
            return questionnaires.publish(session, organisation, fields, PLACED_AT).reference

    def team_id(self, code):
        with Session(self.engine) as session:
            return organisations.find_team(session, organisations.find_organisation(session, self.name), code).team_id

    def process(self, *messages, now=None):
        now = now or max((message.received_at for message in messages), default=NOW)
        return process(self.engine, KEY_RING, list(messages), now)

    def meet(self, handheld):
        """A new connection: its status, answered; the status."""
        status = handheld.status()
        assert handheld.take(self.process(status)) == 2
        return status

    def sync(self, handheld, batches=50):
        """A whole sync; all messages that it took."""
        messages = [self.meet(handheld)]
        for _ in range(batches):
            messages.append(handheld.batch())
            handheld.take(self.process(messages[-1]))
            if not handheld.resend_from and handheld.acked_through == handheld.last:
                return messages
        raise AssertionError("the sync does not come to an end")

    def rows(self, table, **equals):
        with Session(self.engine) as session:
            return list(session.scalars(select(table).filter_by(**equals).order_by(*table.__table__.primary_key)))

    def sequences(self, handheld):
        """The sequences of the device that are stored as responses."""
        return [row.sequence for row in self.rows(Response, device_id=handheld.identity.device_id)]

    def reasons(self):
        """What lies in quarantine, unresolved."""
        return Counter(row.reason for row in self.rows(Quarantine, resolution=None))

    def refusals(self):
        return {row.reason: row.count for row in self.rows(RefusalCount)}

    def snapshot(self):
        """Every row of every table."""
        return snapshot(self.engine)

    def check_sums(self):
        """The rollups say what the stored responses say, and nothing else."""
        assert rollups(self.engine) == counted(self.engine)


def snapshot(engine):
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in Base.metadata.sorted_tables
        }


def rollups(engine):
    """What the rollups say: {key: count} of every count above 0."""
    counts = {}
    with engine.connect() as connection:
        for table in (RollupDay.__table__, RollupResponseDay.__table__):
            names = [column.name for column in table.columns if column not in set(table.primary_key)]
            for row in connection.execute(select(table)).mappings():
                key = tuple(row[column.name] for column in table.primary_key)
                counts |= {(*key, name): row[name] for name in names if row[name]}
    return counts


def counted(engine):
    """The same, counted from the stored responses one by one."""
    counts = Counter()
    with engine.connect() as connection:
        for row in connection.execute(select(Response.__table__)):
            if row.flags & FLAG_TEST or row.kind not in (KIND_RESPONSE, KIND_DECLINED):
                continue
            flagged = bool(row.flags & FLAGS_MISUSE)
            owner = (row.organisation_id, row.device_id, row.team_id, row.reference)
            outcome = "declined" if row.kind == KIND_DECLINED else "complete"
            if outcome == "complete" and row.flags & FLAG_PARTIAL:
                outcome = "partial"
            counts[*owner, row.day, flagged, outcome] += 1
            if any(ANSWER_NOT_SHOWN < answer <= OPTIONS_MAX for answer in row.answers):  # no option here is excluded
                counts[*owner, row.day, flagged, "answering"] += 1
            for position, answer in enumerate(row.answers, 1):
                if answer != ANSWER_NOT_SHOWN:
                    counts[*owner, position, row.day, flagged, COLUMN_OF_ANSWER[answer]] += 1
    return dict(counts)


def minutes(count):
    return timedelta(minutes=count)
