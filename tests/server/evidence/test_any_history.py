"""Whatever devices, brokers and people do, in whatever order: the check never raises a false alarm."""

from datetime import timedelta
from random import Random

import pytest

from protocol.record import FLAG_BURST, QUALITY_UNSET, tombstone
from server.evidence.corrections import Corrected, correct_placement
from server.evidence.flags import set_flag
from server.evidence.names import ResponseKey
from server.evidence.retention import run_retention
from server.evidence.tables import Checkpoint
from server.fleet.devices import find_device, mark_lost, reinstate
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.tables import LOST, Device, QuestionnaireVersion
from server.ingest.replay import replay
from server.ingest.tables import Journal, Response
from tests.server.ingest.ward import NOW

LAST = 40
MAKES = {
    "good": {},
    "other": {"duration": 200},
    "unset": {"clock": 0, "quality": QUALITY_UNSET},
    "burst": {"flags": FLAG_BURST},
    "unknown": {"questionnaire": 2},
    "no option": {"answers": (4,)},
    "no team": {"team": 9},
    "future": {"clock": 2**31},
}
LIKELY = [*MAKES, "tombstone", *["good"] * 12, *["unset"] * 3]
DEEDS = (
    ["batch"] * 12 + ["flag"] * 4 + ["meet"] * 3 + ["later"] * 2 + ["lose", "reinstate", "publish", "replay", "correct"]
)
STEPS, CHECKS = 60, 4


class Actor:
    """A device, and whoever does something about it."""

    def __init__(self, ward, inspector, serial):
        self.ward, self.inspector, self.serial = ward, inspector, serial
        self.handheld = ward.handheld(serial, choices=("night",))
        self.clock = NOW

    def next(self):
        rows = self._rows(Journal)
        return min(rows[0].stored_through + 1, LAST) if rows else 1

    def batch(self, first, makes, known):
        records = []
        for sequence, make in enumerate(makes, first):
            self.handheld.clock, self.handheld.seconds = self.clock, 1000 + sequence
            if make == "tombstone":
                records.append(tombstone(sequence))
                continue
            self.handheld.answer(sequence=sequence, **MAKES[make])
            records.append(self.handheld.records.pop())
        message = self.handheld.batch(first=first, records=records)
        later = timedelta(seconds=0 if known else 30)  # two workers: received earlier, stored later
        self.ward.process(message._replace(received_at=self.clock - later))

    def meet(self):
        self.handheld.clock = self.clock
        self.handheld.take(self.ward.process(self.handheld.status(last_sequence=LAST, seconds=5000)))

    def later(self):
        self.clock += timedelta(hours=7)

    def lose(self):
        if not self._rows(Device, state=LOST):
            self.ward.change(self.serial, mark_lost)

    def reinstate(self):
        if self._rows(Device, state=LOST):
            self.ward.change(self.serial, reinstate)
            self.replay()

    def publish(self):
        if len(self.ward.rows(QuestionnaireVersion)) == 1:
            self.ward.publish(version=2)

    def replay(self):
        with self.ward.engine.begin() as connection:
            replay(connection, self.clock, device_id=self.handheld.identity.device_id)

    def flag(self, sequence, word):
        key = ResponseKey(self.handheld.identity.device_id, self.handheld.journal_id, sequence)
        here = self.inspector.organisation_id()
        self.inspector.acting(set_flag, here, key, flagged=word, reason="seen", now=self.clock)

    def correct(self):
        def correction(session):
            owner = find_organisation(session)
            team, location = find_team(session, owner, "night"), find_location(session, owner, "ward-1")
            day = find_team(session, owner, "day")
            corrected = Corrected(team, location, [day] * 9, self.clock - timedelta(hours=3), None, "said late")
            correct_placement(session, find_device(session, owner, self.serial), corrected, self.clock)

        self.inspector.acting(correction)

    def _rows(self, table, **equals):
        return self.ward.rows(table, device_id=self.handheld.identity.device_id, **equals)


def retain(session, day, now):
    return run_retention(session, find_organisation(session), day, now)


def live(actors, random, steps, deeds):
    """Chance decides who does what next."""
    for _ in range(steps):
        actor, deed = random.choice(actors), random.choice(deeds)
        actor.clock += timedelta(minutes=1)  # no two deeds at one instant
        if deed == "batch":
            first = random.randint(1, LAST - 1)
            makes = random.choices(LIKELY, k=random.randint(0, 6))
            actor.batch(random.choice([1, actor.next(), first]), makes, random.random() < 0.8)
        elif deed == "flag":
            actor.flag(random.randint(1, LAST), random.choice([True, False, None]))
        else:
            getattr(actor, deed)()


@pytest.mark.parametrize("seed", range(4))
def test_no_history_raises_a_false_alarm(ward, inspector, seed):
    random = Random(seed)
    actors = [Actor(ward, inspector, serial) for serial in "ABC"]
    for _ in range(CHECKS):
        live(actors, random, STEPS // CHECKS, DEEDS)
        inspector.assert_clean()
    assert inspector.summary.responses > 5


@pytest.mark.parametrize("seed", range(3))
def test_no_history_raises_one_after_retention(ward, inspector, seed):
    """Corrections are left out: those of a time that is gone are refused."""
    random = Random(seed)
    actors = [Actor(ward, inspector, serial) for serial in "ABC"]
    deeds = [deed for deed in DEEDS if deed != "correct"]
    for _ in range(CHECKS):
        live(actors, random, STEPS // CHECKS, deeds)
        now = max(actor.clock for actor in actors)
        inspector.acting(retain, now.date(), now)
        inspector.assert_clean()
    left, far = len(ward.rows(Response)), now + timedelta(days=400)
    assert inspector.acting(retain, (now + timedelta(days=2)).date(), far).responses == left
    assert sum(row.responses for row in ward.rows(Checkpoint)) > 5
    inspector.assert_clean(0)
