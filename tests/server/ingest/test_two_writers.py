"""Several workers at once: the ledger's row lock makes one row of each record, whoever is first."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import object_session

from server.fleet.devices import mark_lost, reinstate
from server.ingest.replay import replay
from server.ingest.tables import Evidence, Journal
from tests.server.ingest.ward import NOW
from tests.server.ingest.wire import wait_until, waits


def everything(handhelds, batches=4):
    """The messages of a whole history: every handheld's batches of ten."""
    messages = []
    for handheld in handhelds:
        for number in range(batches * 10):
            handheld.answer(1 + number % 3, 1 + number % 2, 15)
        messages += [handheld.batch(first=1 + 10 * number, count=10) for number in range(batches)]
    return messages


@pytest.mark.parametrize("seed", range(3))
def test_two_writers_on_the_same_journals_store_each_record_once(ward, seed):
    handhelds = [ward.handheld(serial) for serial in "ABCDEF"]
    messages = everything(handhelds)
    barrier = Barrier(2)

    def write(worker):
        random = Random(seed * 10 + worker)
        for _ in range(6):  # until both have seen everything in some order
            mine = messages.copy()
            random.shuffle(mine)
            barrier.wait()
            while mine:
                count = random.randint(1, 8)
                ward.process(*mine[:count])
                del mine[:count]

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(write, range(2)))
    for handheld in handhelds:
        ward.process(*[message for message in messages if message.topic == handheld.batch().topic])
        assert ward.sequences(handheld) == list(range(1, 41))
    assert {row.stored_through for row in ward.rows(Journal)} == {40}
    ward.check_sums()


def test_a_second_writer_waits_for_the_first_and_then_finds_duplicates(ward):
    handheld = ward.handheld()
    for _ in range(20):
        handheld.answer()
    ward.process(handheld.batch(count=0, records=[]))
    batch = handheld.batch()
    with ward.engine.connect() as holder, ThreadPoolExecutor(2) as workers:
        holder.execute(text("SELECT * FROM journal FOR UPDATE"))
        both = [workers.submit(ward.process, batch) for _ in range(2)]
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with ward.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as observer:
            while observer.scalar(waiting) < 2:
                pass
        holder.rollback()
        replies = [work.result() for work in both]
    assert [len(reply) for reply in replies] == [1, 1]
    assert ward.sequences(handheld) == list(range(1, 21))
    assert len(ward.rows(Evidence)) == 1
    ward.check_sums()


def test_two_replays_of_the_quarantine_at_once_deliver_once(ward):
    handheld = ward.handheld()
    for _ in range(10):
        handheld.answer(questionnaire=2)
    ward.sync(handheld)
    ward.publish(version=2)

    def deliver(_):
        with ward.engine.begin() as connection:
            return replay(connection, NOW).delivered

    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(deliver, range(2))) == 10
    assert ward.sequences(handheld) == list(range(1, 11))
    ward.check_sums()


def test_what_a_lost_device_is_just_sending_is_delivered_when_it_is_reinstated(ward):
    """The batch that is being stored has seen a lost device: to reinstate it waits, and delivers that batch too."""
    handheld = ward.handheld()
    for _ in range(3):
        handheld.answer()
    ward.change("A", mark_lost)
    batch = handheld.batch()

    def again(device):
        reinstate(device)
        session = object_session(device)
        session.flush()
        return replay(session.connection(), NOW, device_id=device.device_id)

    with ward.engine.connect() as holder, ThreadPoolExecutor(2) as others:
        holder.execute(text("LOCK TABLE journal IN EXCLUSIVE MODE"))
        storing = others.submit(ward.process, batch)
        wait_until(lambda: waits(ward.engine, ("relation",)), "the batch that is being stored")
        reinstating = others.submit(ward.change, "A", again)
        wait_until(lambda: reinstating.done() or waits(ward.engine, ("transactionid", "tuple")), "the operator")
        holder.rollback()
        storing.result()
        assert reinstating.result() == (3, 0)
    assert ward.sequences(handheld) == [1, 2, 3]
    ward.check_sums()
