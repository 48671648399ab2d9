"""An organisation with devices and questions, and responses stored and counted as ingest does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.record import FLAG_BURST, FLAG_PARTIAL, KIND_RESPONSE
from server.fleet.league import choose
from server.fleet.scope import Scope
from server.fleet.subject_tables import Objective, Topic
from server.fleet.tables import (
    ACTIVE,
    Device,
    Location,
    Organisation,
    Placement,
    Question,
    Questionnaire,
    QuestionnaireVersion,
    Service,
    Target,
    Team,
    VersionOption,
    VersionQuestion,
)
from server.ingest.judge import ResponseRow
from server.ingest.store import write_responses
from server.ingest.tables import ANSWERED_BY_CLOCK, UNDATED, Connection, Journal

SCALE = ("positive", "positive", "neutral", "negative", "negative")  # excellent to very poor
YES_NO = ("positive", "negative", "excluded")  # yes, no, can't say
QUESTIONS = {"food": SCALE, "hands": YES_NO, "overall": SCALE}  # in every version, in this order
SKIPPED, TIMED_OUT = 14, 15
NUMBERS_OF_STATUS = (
    "session",
    "seconds",
    "clock",
    "quality",
    "acked_through",
    "oldest_readable",
    "desired_revision",
    "battery_mv",
    "free_slots",
    "all_slots",
)
PLACED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pass:
    """One response as a test invents it; `answers` are option numbers, in the order of QUESTIONS."""

    device: str
    day: date
    answers: tuple[int, ...]
    team: str = "haywood"
    reference: int = 1
    flagged: bool = False
    partial: bool = False
    kind: int = KIND_RESPONSE
    flags: int = 0
    language: int = 0
    quality: int = 3
    stage: int = 0
    at: datetime | None = None  # the instant, where the hour matters; else noon
    received_at: datetime | None = None


class Figures:
    """One organisation: services beds (teams haywood, leek) and home (team north), devices as given."""

    def __init__(self, engine, name="Community Trust", zone="Europe/London", references=(1, 2)):
        self.engine = engine
        self.zone, self._last = ZoneInfo(zone), 0
        self.teams, self.services, self.devices = {}, {}, {}
        with Session(engine) as session, session.begin():
            organisation = Organisation(name=name, timezone=zone)
            session.add(organisation)
            session.flush()
            self.organisation_id = organisation.organisation_id
            for service, teams in {"beds": ("haywood", "leek"), "home": ("north",)}.items():
                self.services[service] = self._add(session, Service, code=service, name=service.title()).service_id
                for team in teams:
                    keys = {"service_id": self.services[service], "code": team, "name": team.title()}
                    self.teams[team] = self._add(session, Team, **keys).team_id
            self.location_id = self._add(session, Location, code="ward", name="Ward").location_id
            self._questions(session, references)

    def device(self, serial, team="haywood", state=ACTIVE, placed_at=PLACED_AT):
        """A new device, placed with this team; returns its eight hex digits."""
        with Session(self.engine) as session, session.begin():
            device = self._add(
                session, Device, serial=serial, state=state, enrolled_at=PLACED_AT, key_epoch=1
            ).device_id
            if team:
                self._add(
                    session,
                    Placement,
                    device_id=device,
                    team_id=self.teams[team],
                    location_id=self.location_id,
                    team_choices=[],
                    from_at=placed_at,
                )
        name = f"{device:08x}"
        self.devices[name] = device
        return name

    def move(self, device, team, at):
        """End the device's open placement and place it with this team."""
        with Session(self.engine) as session, session.begin():
            here = {"organisation_id": self.organisation_id, "device_id": self.devices[device]}
            session.scalars(select(Placement).filter_by(**here, to_at=None)).one().to_at = at
            where = {"team_id": self.teams[team], "location_id": self.location_id, "team_choices": []}
            self._add(session, Placement, device_id=self.devices[device], from_at=at, **where)

    def target(self, value, scope_kind="organisation", scope_id=None, from_date=date(2026, 1, 1), to_date=None):
        with Session(self.engine) as session, session.begin():
            self._add(
                session,
                Target,
                value=Decimal(value),
                scope_kind=scope_kind,
                scope_id=scope_id,
                from_date=from_date,
                to_date=to_date,
                set_by="commissioner",
            )

    def objective(self, word, words, *questions):
        """An objective that these questions serve."""
        with Session(self.engine) as session, session.begin():
            self._add(session, Objective, objective=word, words=words)
            for question in questions:
                session.get_one(Question, (self.organisation_id, question)).objective = word

    def opt_in(self, opted_in=True, **area):
        """`service=` or `team=`, by code, takes part in the league."""
        [(kind, code)] = area.items()
        number = (self.services if kind == "service" else self.teams)[code]
        with Session(self.engine) as session, session.begin():
            owner = session.get_one(Organisation, self.organisation_id)
            choose(session, owner, Scope(kind, number), "test", PLACED_AT, opted_in=opted_in)

    def heard(self, device, at, last_sequence=0, stored_through=0, confirmed=True, **said):
        """A status of the device as received at that instant; `said`: what else stands in it."""
        journal = bytes(8)
        with Session(self.engine) as session, session.begin():
            key = {"organisation_id": self.organisation_id, "device_id": self.devices[device]}
            session.merge(Journal(**key, journal_id=journal, stored_through=stored_through, first_seen_at=at))
            status = dict.fromkeys(NUMBERS_OF_STATUS, 0) | {"application": "", "base": "", "counters": {}} | said
            session.add(
                Connection(
                    **key,
                    **status,
                    device_nonce=at.isoformat().encode(),
                    server_nonce=bytes(8),
                    key_epoch=1,
                    journal_id=journal,
                    last_sequence=last_sequence,
                    received_at=at,
                    confirmed_at=at if confirmed else None,
                )
            )

    def enter(self, passes):
        """Store these passes as responses and count them, as ingest would."""
        with self.engine.begin() as connection:
            write_responses(connection, [self.row(each, connection) for each in passes])

    def row(self, each, connection):
        """The pass as a row of the table of responses, with the next sequence of its device."""
        here = Placement.organisation_id == self.organisation_id
        placement = connection.scalar(select(Placement.placement_id).where(here).order_by(Placement.placement_id))
        self._last += 1
        at = each.at or datetime.combine(each.day, time(12), self.zone).astimezone(UTC)
        answers = [*each.answers, *[0] * (12 - len(each.answers))]
        return ResponseRow(
            organisation_id=self.organisation_id,
            device_id=self.devices[each.device],
            journal_id=bytes(8),
            sequence=self._last,
            record_crc=0,
            kind=each.kind,
            flags=each.flags | (FLAG_BURST if each.flagged else 0) | (FLAG_PARTIAL if each.partial else 0),
            reference=each.reference,
            session=1,
            seconds=0,
            clock=0,
            quality=each.quality,
            language=each.language,
            team_choice=0,
            stage=each.stage,
            duration=10,
            answers=answers,
            placement_id=placement,
            placement_uncertain=False,
            team_id=self.teams[each.team],
            location_id=self.location_id,
            answered_at=None if each.day == UNDATED else at,
            answered_by=ANSWERED_BY_CLOCK,
            answered_after=None,
            answered_before=None,
            day=each.day,
            received_at=each.received_at or at,
        )

    def _questions(self, session, references):
        for word in QUESTIONS:
            self._add(session, Topic, topic=word, name=word.title(), built_in=False)
            self._add(session, Question, question_id=word, text=f"How about {word}?", topic=word)
        questionnaire = self._add(session, Questionnaire, code="core", name="Core").questionnaire_id
        for reference in references:
            self._add(
                session,
                QuestionnaireVersion,
                reference=reference,
                questionnaire_id=questionnaire,
                version=reference,
                published_at=PLACED_AT,
                definition={},
                package=b"",
                package_sha256=b"",
            )
            for position, (word, sentiments) in enumerate(QUESTIONS.items(), start=1):
                at = {"reference": reference, "position": position}
                self._add(session, VersionQuestion, **at, question_id=word, kind="scale")
                for option, sentiment in enumerate(sentiments, start=1):
                    label = f"option {option}"
                    self._add(
                        session,
                        VersionOption,
                        **at,
                        option=option,
                        code=label,
                        label=label,
                        sentiment=sentiment,
                    )

    def _add(self, session, table, **columns):
        row = table(organisation_id=self.organisation_id, **columns)
        session.add(row)
        session.flush()
        return row
