"""The story's trust: devices whose signed batches go through real ingest, and people who ask over HTTP."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import cycle

from sqlalchemy.orm import Session

from server.fleet import devices, organisations, placements, targets
from server.fleet.questionnaires import publish_file
from server.fleet.tables import SCOPE_ORGANISATION
from server.ingest.transaction import process
from tests.parts import ROOT
from tests.server.ingest.handheld import Handheld
from tests.server.ingest.ward import KEY_RING, Ward

QUESTIONNAIRES = ROOT / "deploy" / "demo" / "questionnaires"
STARTED_AT = datetime(2026, 1, 5, tzinfo=UTC)
WARDS = ("haywood", "leek")
# By option of the food question, in the order of the counts: excellent, good, fair, poor. Its third is "don't know".
FOOD_OPTIONS = (1, 2, 4, 5)
SYNC_WEEKS = 4  # nurses who are out of reach for long; weekly would give the same counts
HOURS = 10  # after midnight in London, winter and summer


class Trust(Ward):
    """One service of beds in two wards; every device asks the demo's questionnaire, and the target is 85 %."""

    def __init__(self, engine):
        self.engine, self.name, self.handhelds = engine, "Community trust", []
        with Session(engine) as session, session.begin():
            owner = organisations.add_organisation(session, self.name, "Europe/London")
            service = organisations.add_service(session, owner, "beds", "Community hospital beds")
            for ward in WARDS:
                organisations.add_team(session, service, ward, ward.title())
            organisations.add_location(session, owner, "ward-1", "Ward 1")
            publish_file(session, owner, QUESTIONNAIRES / "beds.toml", STARTED_AT)
            publish_file(session, owner, QUESTIONNAIRES / "audit-mealtime.toml", STARTED_AT)
            organisation = (SCOPE_ORGANISATION, None)
            targets.set_target(session, owner, Decimal("0.85"), organisation, STARTED_AT.date(), "commissioner")

    def add_devices(self, count, from_at=STARTED_AT):
        """Enrolled and placed from that instant on, in both wards in turn."""
        for ward in [ward for ward, _ in zip(cycle(WARDS), range(count), strict=False)]:
            serial = f"PET-{len(self.handhelds) + 1:04}"
            with Session(self.engine) as session, session.begin():
                owner = organisations.find_organisation(session, self.name)
                identity = devices.enrol(session, owner, serial, from_at, KEY_RING)
                placements.place(
                    session,
                    devices.find_device(session, owner, serial),
                    organisations.find_team(session, owner, ward),
                    organisations.find_location(session, owner, "ward-1"),
                    from_at,
                )
            self.handhelds.append(Handheld(identity, from_at))
        return self.handhelds[-count:]

    def answer_week(self, monday, counts, handhelds=None):
        """So many people choose each option of the food question in this week, on working days, on these devices."""
        handhelds = handhelds or self.handhelds
        options = [option for option, count in zip(FOOD_OPTIONS, counts, strict=True) for _ in range(count)]
        turn = cycle(handhelds[monday.toordinal() // 7 % len(handhelds) :] + handhelds)
        for number, option in enumerate(options):
            handheld = next(turn)
            at = _at(monday + timedelta(days=number % 5)) + timedelta(minutes=5 * number)
            handheld.clock = max(at, handheld.clock)
            handheld.answer(1, 1, option, 1, 1)

    def sync_all(self, sunday):
        """Every device delivers what it holds, at the end of its week."""
        for handheld in self.handhelds:
            handheld.clock = max(handheld.clock, _at(sunday) + timedelta(hours=9))
            handheld.seconds += 60
            self.sync(handheld)

    def live_through(self, first, weeks, handhelds=None):
        """Week by week answers, a sync each month and at the end; the Monday after."""
        for number, counts in enumerate(weeks, 1):
            monday = first + timedelta(weeks=number - 1)
            self.answer_week(monday, counts, handhelds)
            if number % SYNC_WEEKS == 0 or number == len(weeks):
                self.sync_all(monday + timedelta(days=6))
        return first + timedelta(weeks=len(weeks))

    def process(self, *messages, now=None):
        return process(self.engine, KEY_RING, list(messages), now or max(each.received_at for each in messages))


class Clock:
    """The web process' clock, which tests put on."""

    def __init__(self):
        self.now = STARTED_AT

    def __call__(self):
        return self.now

    def go_to(self, day: date):
        """That day, at ten in the morning UTC."""
        self.now = _at(day)


def _at(day):
    return datetime(day.year, day.month, day.day, HOURS, tzinfo=UTC)
