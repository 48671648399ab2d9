"""A release that fails on the first devices stops there: it is not widened by mistake, and withdrawn by itself."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.messages import ITEM_APPLICATION, ITEM_SETTINGS, REFUSED_UNUSABLE
from server.accounts.audit_tables import AuditEntry
from server.errors import OperatorError
from server.fleet.halting import refuse_failing
from server.fleet.rollout_tables import ReleaseAssignment
from server.ingest import due
from tests.server.ingest.ward import KEY_RING, NOW, minutes
from tests.server.roll_out import greet

BASE = "1.29 sim"


@pytest.fixture
def devices(ward):
    return [ward.handheld(serial) for serial in "ABC"]


def says(ward, handheld, refused, kind=ITEM_APPLICATION, revision=0):
    """A connection that is confirmed, with these counters: so many refusals, the last of this kind."""
    handheld.clock += minutes(5)
    reason = REFUSED_UNUSABLE + (kind << 8)
    counters = ((5, refused), (7, reason)) if refused else ()
    found = greet(ward, handheld, base=BASE, counters=counters, desired_revision=revision)
    handheld.answer()
    handheld.take(ward.process(handheld.batch()))
    return found


def halt(ward):
    return due.halt(ward.engine, KEY_RING, NOW + minutes(60))


def assigned(ward):
    with Session(ward.engine) as session:
        return session.scalars(select(ReleaseAssignment.number)).all()


def test_a_release_that_fails_on_two_devices_is_withdrawn_from_the_third(ward, operator, devices, keys):
    operator.release(12, keys)
    for handheld in devices:
        assert (ITEM_APPLICATION, 0) in says(ward, handheld, 0)[1]
    says(ward, devices[0], 1)
    assert halt(ward) == 0
    assert operator.words("A").endswith("they are not usable on this device")
    says(ward, devices[1], 1)
    assert halt(ward) == 1
    assert assigned(ward) == []
    assert (ITEM_APPLICATION, 0) not in says(ward, devices[2], 0)[1]
    assert halt(ward) == 0
    with Session(ward.engine) as session:
        query = select(AuditEntry.actor).where(AuditEntry.action == "release_assignment delete")
        assert session.scalars(query).one() == "roll-out watch: release 12 for sim is withdrawn: it failed on A, B"


def test_what_was_refused_before_or_is_something_else_halts_nothing(ward, operator, devices, keys):
    for handheld in devices:
        says(ward, handheld, 1)
    operator.now = NOW + minutes(30)
    operator.release(12, keys)
    for handheld in devices:
        handheld.clock = NOW + minutes(31)
        says(ward, handheld, 1)  # of an earlier release: the count does not rise
    assert halt(ward) == 0
    for handheld in devices:
        says(ward, handheld, 2, kind=ITEM_SETTINGS)
    assert halt(ward) == 0
    for handheld in devices:
        says(ward, handheld, 3, revision=1)  # refused once, and holds it by now
    assert halt(ward) == 0
    assert assigned(ward) == [12]


def test_a_roll_out_is_not_widened_while_it_fails(ward, operator, devices, keys):
    operator.release(12, keys, scope="device:A")
    says(ward, devices[0], 0)
    operator.change(refuse_failing, "sim", 12)
    says(ward, devices[0], 1)
    with pytest.raises(OperatorError, match="release 12 for sim failed on A: look there first"):
        operator.change(refuse_failing, "sim", 12)
    assert halt(ward) == 0  # one device is where it is tried
