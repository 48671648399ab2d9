"""`pet rebuild --check` reports nothing where nothing is wrong, whatever devices, brokers and people have done."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from protocol.record import QUALITY_UNSET
from server.fleet.devices import mark_lost, reinstate, rotate_key
from server.fleet.placements import end_placement
from server.ingest.replay import replay
from server.ingest.tables import Response
from tests.server.ingest.ward import KEY_RING, NOW, PLACED_AT

UNSET = {"clock": 0, "quality": QUALITY_UNSET}


# --- nothing is reported where nothing is wrong -----------------------------------------------------------------------


def test_an_empty_organisation_has_no_differences(inspector):
    inspector.assert_clean(0)


@pytest.mark.usefixtures("line")
def test_everything_a_good_device_sends_is_as_the_evidence_says(inspector):
    inspector.assert_clean(12)
    assert inspector.summary.rollup_rows > 20
    assert inspector.summary.batches == 2


def test_batches_sent_again_change_nothing(ward, line, inspector):
    ward.process(line.batch(first=1, count=5))
    ward.process(line.batch(first=3, count=7))
    inspector.assert_clean(12)


def test_a_batch_that_overlaps_and_was_received_earlier_but_taken_later(ward, inspector):
    """Two workers: the later message was stored first, so the earlier one brought the rest only."""
    handheld = ward.handheld()
    for _ in range(6):
        handheld.answer()
    early = handheld.batch(first=1, count=6)
    late = handheld.batch(first=1, count=3)
    late = late._replace(received_at=late.received_at + timedelta(seconds=5))
    ward.process(late)
    ward.process(early)
    assert len({row.received_at for row in ward.rows(Response)}) == 2
    inspector.assert_clean(6)


def test_what_waits_in_quarantine_and_what_was_delivered_from_it(ward, inspector):
    handheld = ward.handheld()
    for reference in (1, 2, 2, 3):
        handheld.answer(questionnaire=reference)
    handheld.answer(flags=0x8000)
    ward.sync(handheld)
    inspector.assert_clean(1)
    ward.publish(version=2)
    inspector.assert_clean(1)
    assert inspector.summary.deliverable == 2
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (2, 2)
    inspector.assert_clean(3)
    assert inspector.summary.deliverable == 0


def test_a_record_without_a_clock_that_was_delivered_late(ward, inspector):
    handheld = ward.handheld()
    handheld.answer(questionnaire=2)
    ward.sync(handheld)
    handheld.session += 1
    handheld.answer(**UNSET)
    ward.process(handheld.batch())
    ward.publish(version=2)
    with ward.engine.begin() as connection:
        replay(connection, NOW + timedelta(hours=1))
    inspector.assert_clean(2)
    handheld.answer(questionnaire=1)
    ward.sync(handheld)
    inspector.assert_clean(3)


def test_a_record_without_a_clock_whose_session_was_anchored_only_afterwards(ward, inspector):
    """What was not known when it was stored does not make it wrong."""
    handheld = ward.handheld()
    handheld.answer(**UNSET)
    ward.process(handheld.batch())  # no status before it: no anchor
    assert ward.rows(Response)[0].answered_at is None
    handheld.clock += timedelta(minutes=5)
    handheld.answer(**UNSET)
    ward.sync(handheld)
    assert [row.answered_by for row in ward.rows(Response)] == ["unknown", "anchored"]
    inspector.assert_clean(2)


def test_gaps_of_unreadable_and_of_lost_records(ward, inspector):
    handheld = ward.handheld()
    for _ in range(5):
        handheld.answer()
    handheld.records[2] = None
    ward.sync(handheld)
    inspector.assert_clean(4)


def test_a_gap_after_a_restored_server(ward, inspector):
    handheld = ward.handheld()
    for _ in range(5):
        handheld.answer()
    handheld.oldest_readable = 4
    handheld.acked_through = 3
    ward.meet(handheld)
    handheld.take(ward.process(handheld.batch(first=4)))
    assert ward.sequences(handheld) == [4, 5]
    inspector.assert_clean(2)


def test_two_devices_with_one_identity(ward, inspector):
    first = ward.handheld()
    for _ in range(5):
        first.answer(1, 1, 1)
    ward.sync(first)
    clone = ward.handheld("unused")
    clone.identity, clone.journal_id = first.identity, first.journal_id
    clone.records = list(first.records)
    for _ in range(3):
        first.answer(1, 1, 1)
        clone.answer(3, 2, 3)
    clone.answer(2, 2, 2)
    ward.sync(first)
    ward.sync(clone)
    assert ward.reasons() == {"conflict": 3}
    inspector.assert_clean(9)


def test_a_lost_device_and_its_return(ward, inspector):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    ward.change("A", mark_lost)
    for _ in range(3):
        handheld.answer()
    ward.sync(handheld)
    inspector.assert_clean(1)
    assert inspector.summary.deliverable == 0
    ward.change("A", reinstate)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW).delivered == 3
    inspector.assert_clean(4)


def test_what_an_operator_stated_of_when_it_was_received(ward, inspector):
    handheld = ward.handheld()
    for _ in range(3):
        handheld.answer()
    behind = handheld.clock - timedelta(days=3)
    handheld.take(ward.process(handheld.status()._replace(received_at=behind)))
    handheld.take(ward.process(handheld.batch()._replace(received_at=behind)))
    inspector.assert_clean(0)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW + timedelta(days=1), received_at=handheld.clock) == (3, 0)
    inspector.assert_clean(3)


def test_the_audit_log_says_who_stated_an_instant_of_receipt(ward, inspector):
    handheld = ward.handheld()
    instant = handheld.clock
    behind = instant - timedelta(days=3)
    for number in range(2):
        handheld.answer()
        handheld.take(ward.process(handheld.status()._replace(received_at=behind)))
        handheld.take(ward.process(handheld.batch()._replace(received_at=behind)))
        inspector.acting(
            lambda session: replay(session.connection(), NOW, received_at=instant), actor=f"operator {number}"
        )
    log = "SELECT actor, action, detail -> 'new' -> 'records' FROM audit_log WHERE action LIKE 'stated_receipt%'"
    with ward.engine.connect() as connection:
        assert connection.execute(text(f"{log} ORDER BY sequence")).all() == [
            ("operator 0", "stated_receipt insert", 1),
            ("operator 1", "stated_receipt update", 2),
        ]
    inspector.assert_clean(2)


def test_no_record_is_delivered_as_received_when_nobody_stated_it(ward, inspector):
    handheld = ward.handheld()
    handheld.answer(questionnaire=2)
    ward.sync(handheld)
    with pytest.raises(IntegrityError, match="fk_quarantine_stated_receipt"), ward.engine.begin() as connection:
        connection.execute(text("UPDATE quarantine SET judged_as_received_at = received_at"))
    with pytest.raises(ProgrammingError, match="what was stated stays"), ward.engine.begin() as connection:
        connection.execute(text("DELETE FROM stated_receipt"))
    inspector.assert_clean(0)


def test_keys_of_earlier_epochs_still_prove_what_they_signed(ward, inspector):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    handheld.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    handheld.answer()
    ward.sync(handheld)
    inspector.assert_clean(2)


def test_a_device_that_was_placed_late_and_one_that_was_moved(ward, inspector):
    handheld = ward.handheld(placed_at=None)
    handheld.answer()
    ward.sync(handheld)
    inspector.assert_clean(0)
    ward.place("A", "night", PLACED_AT, NOW + timedelta(hours=1))
    ward.place("A", "day", NOW + timedelta(hours=1))
    with ward.engine.begin() as connection:
        replay(connection, NOW)
    handheld.clock = NOW + timedelta(hours=2)
    handheld.answer()
    ward.sync(handheld)
    inspector.assert_clean(2)


def test_an_undated_response_stays_where_the_device_was_then(ward, inspector):
    handheld = ward.handheld()
    handheld.answer(**UNSET)
    ward.process(handheld.batch())
    ward.change("A", end_placement, handheld.clock - timedelta(days=1))
    inspector.assert_clean(1)
