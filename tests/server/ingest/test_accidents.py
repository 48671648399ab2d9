"""Accidents that the server meets, each with the outcome that is required: nothing lost, doubled or invented."""

from protocol.envelope import ACK, DESIRED, DOWN, parse
from server.fleet.devices import mark_lost, reinstate, revoke, rotate_key
from server.ingest.replay import replay
from server.ingest.tables import Evidence, Journal, Quarantine, Response
from tests.server.ingest.ward import KEY_RING, NOW, minutes

# --- two devices with one identity --------------------------------------------------------------------------------


def test_two_devices_with_one_identity_and_journal_are_both_kept_apart(ward, caplog):
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
    ward.sync(first)
    ward.sync(clone)
    assert ward.sequences(first) == list(range(1, 9))
    assert [(row.sequence, row.reason) for row in ward.rows(Quarantine)].count((6, "conflict")) == 1
    assert ward.reasons() == {"conflict": 3}
    assert caplog.text.count("conflict device=") == 3
    ward.check_sums()


def test_a_clone_that_has_more_records_than_a_batch_is_told_to_forget_none_unseen(ward):
    """docs/adr/0003: the ledger's own figure would let it forget records 101 to 250, which nobody has seen."""
    first, clone = ward.handheld(), ward.handheld("unused")
    clone.identity, clone.journal_id = first.identity, first.journal_id
    for _ in range(250):
        first.answer(1, 1, 1)
    for _ in range(300):
        clone.answer(3, 2, 3)
    ward.sync(first)
    ward.sync(clone)
    assert clone.acked_through == 300
    seen = {row.record for row in ward.rows(Quarantine)}
    stored = set(ward.sequences(first))
    assert [n for n, record in enumerate(clone.records, 1) if record not in seen and n not in stored] == []
    assert ward.reasons() == {"conflict": 250}
    assert len(stored) == 300


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_rotated_with_records_waiting_the_old_key_is_refused_and_the_new_one_delivers(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    handheld.answer()
    old = handheld.batch()
    handheld.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    assert ward.process(old) == []
    assert ward.refusals() == {"key-epoch": 1}
    ward.sync(handheld)
    assert ward.sequences(handheld) == [1, 2]
    assert [row.key_epoch for row in ward.rows(Evidence)] == [1, 2]


def test_a_new_key_under_the_old_epoch_s_number_is_refused(ward):
    handheld = ward.handheld()
    handheld.answer()
    old = handheld.identity
    handheld.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    assert ward.process(handheld.sealed(3, b"", key_epoch=1)) == []
    assert ward.process(handheld.sealed(3, b"", key=old.hmac_key)) == []
    assert ward.process(handheld.sealed(3, b"", key_epoch=7)) == []
    assert ward.refusals() == {"hmac": 2, "unknown-key-epoch": 1}


# --- lost and revoked devices -----------------------------------------------------------------------------------------


def test_what_a_lost_device_sends_is_kept_apart_and_acked_and_delivered_when_it_is_back(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    ward.change("A", mark_lost)
    for _ in range(3):
        handheld.answer(2, 2, 2)
    messages = ward.sync(handheld)
    assert handheld.acked_through == 4
    assert ward.sequences(handheld) == [1]
    assert ward.reasons() == {"device-lost": 3}
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (0, 3)  # still lost
    ward.change("A", reinstate)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (3, 0)
    assert ward.sequences(handheld) == [1, 2, 3, 4]
    assert {row.resolution for row in ward.rows(Quarantine)} == {"delivered"}
    ward.check_sums()
    before = ward.snapshot()
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (0, 0)
    for message in messages:
        ward.process(message)
    assert ward.snapshot() == before


def test_a_revoked_device_gets_no_reply_and_leaves_nothing(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.change("A", revoke)
    assert ward.process(handheld.status(), handheld.batch()) == []
    assert ward.refusals() == {"device-revoked": 2}
    assert ward.rows(Response) == ward.rows(Quarantine) == ward.rows(Journal) == []


# --- a broker that replays, holds back and repeats ------------------------------------------------------------------


def test_an_old_ack_and_an_old_desired_state_do_not_echo_a_new_connection_s_nonce(ward):
    handheld = ward.handheld()
    handheld.answer()
    old = ward.process(handheld.status())
    handheld.take(old)
    old += ward.process(handheld.batch())
    assert {parse(reply.payload, DOWN).header.type for reply in old} == {ACK, DESIRED}
    handheld.clock += minutes(60)
    ward.meet(handheld)
    assert handheld.take(old) == 0
    assert handheld.acked_through == 0


def test_a_journal_made_anew_is_not_acked_by_the_old_one_s_ledger(ward):
    handheld = ward.handheld()
    for _ in range(50):
        handheld.answer()
    ward.sync(handheld)
    handheld.journal_id, handheld.records, handheld.acked_through = b"made new", [], 0
    handheld.answer()
    ward.meet(handheld)
    assert (handheld.acks[-1].journal_id, handheld.acks[-1].stored_through) == (b"made new", 0)
    handheld.take(ward.process(handheld.batch()))
    assert handheld.acked_through == 1
