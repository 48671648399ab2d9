"""A server restored to an older backup asks for what it lost; what is gone is a recorded gap, believed once stated."""

from contextlib import contextmanager

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from server.ingest.tables import Gap, Response


@contextmanager
def administration(url):
    plain = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection


@pytest.fixture
def backup(ward, database_url):
    """Two functions: take a copy of the whole database, and put it in the database's place."""
    name = make_url(database_url).database
    copy = f"{name}_backup"

    def take():
        ward.engine.dispose()
        with administration(database_url) as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(copy), Identifier(name)))

    def restore():
        ward.engine.dispose()
        with administration(database_url) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
            connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(copy), Identifier(name)))

    return take, restore


def test_a_restored_server_asks_for_what_it_lost_and_gets_all_that_is_readable(ward, backup):
    take, restore = backup
    handheld = ward.handheld()
    for _ in range(30):
        handheld.answer()
    ward.sync(handheld)
    take()
    for _ in range(250):
        handheld.answer()
    ward.sync(handheld)
    assert handheld.acked_through == 280
    restore()
    handheld.answer()
    ward.sync(handheld)
    assert ward.sequences(handheld) == list(range(1, 282))
    assert ward.rows(Gap) == []
    ward.check_sums()


def test_what_is_gone_after_a_restore_is_a_recorded_gap_and_the_ledger_moves_on(ward, backup):
    take, restore = backup
    handheld = ward.handheld()
    for _ in range(30):
        handheld.answer()
    ward.sync(handheld)
    take()
    for _ in range(150):
        handheld.answer()
    ward.sync(handheld)
    restore()
    handheld.oldest_readable = 101  # its block was needed
    handheld.answer()
    messages = ward.sync(handheld)
    assert ward.sequences(handheld) == [*range(1, 31), *range(101, 182)]
    (gap,) = ward.rows(Gap)
    assert (gap.first_sequence, gap.last_sequence) == (31, 100)
    assert gap.reason == "lost on the device after a restored server"
    assert handheld.acked_through == 181
    before = ward.snapshot()
    for message in messages:
        ward.process(message)
    assert ward.snapshot() == before
    ward.check_sums()


def test_a_gap_is_believed_only_on_the_connection_that_stated_it(ward, backup):
    take, restore = backup
    handheld = ward.handheld()
    for _ in range(30):
        handheld.answer()
    ward.sync(handheld)
    take()
    for _ in range(100):
        handheld.answer()
    ward.sync(handheld)
    late = handheld.batch(first=101)  # of a connection that the restored server does not know
    restore()
    ward.process(late)
    assert ward.rows(Gap) == []
    ward.sync(handheld)
    assert ward.sequences(handheld) == list(range(1, 131))


def behind(ward):
    """A device that can read back to 101, and a server that has nothing."""
    handheld = ward.handheld()
    for _ in range(150):
        handheld.answer()
    handheld.acked_through, handheld.oldest_readable = 150, 101
    return handheld


def test_a_gap_is_not_believed_before_the_server_s_nonce_has_come_back(ward):
    handheld = behind(ward)
    replies = ward.process(handheld.status())
    early = handheld.batch(first=101)  # the reply is still on its way
    ward.process(early)
    assert ward.rows(Gap) == []
    handheld.take(replies)
    ward.process(handheld.batch(first=101))
    assert [(gap.first_sequence, gap.last_sequence) for gap in ward.rows(Gap)] == [(1, 100)]


def test_a_gap_is_believed_only_of_the_journal_that_it_was_stated_of(ward):
    handheld = behind(ward)
    ward.meet(handheld)
    ward.process(handheld.batch(first=101, journal_id=b"another!"))
    assert ward.rows(Gap) == ward.rows(Response) == []


def test_a_restored_server_takes_the_replayed_batches_of_its_lost_time_as_good(ward, backup):
    take, restore = backup
    handheld = ward.handheld()
    take()
    for _ in range(20):
        handheld.answer()
    messages = ward.sync(handheld)
    restore()
    for message in messages:
        ward.process(message)
    assert ward.sequences(handheld) == list(range(1, 21))
    ward.check_sums()


def test_while_the_server_is_behind_every_ack_says_from_where_to_send(ward, backup):
    take, restore = backup
    handheld = ward.handheld()
    take()
    for _ in range(250):
        handheld.answer()
    ward.sync(handheld)
    restore()
    ward.meet(handheld)
    assert (handheld.acks[-1].stored_through, handheld.acks[-1].resend_from) == (0, 1)
    handheld.take(ward.process(handheld.batch()))
    assert (handheld.acks[-1].stored_through, handheld.acks[-1].resend_from) == (100, 101)
    ward.sync(handheld)
    assert handheld.acks[-1].resend_from == 0
