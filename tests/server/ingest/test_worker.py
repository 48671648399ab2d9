"""`pet ingest` on a real broker and database: killed, cut off, stopped, doubled; each response is there once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import text
from sqlalchemy.engine import make_url

from protocol.envelope import ACK
from server.demo.certificates import make_certificates
from server.ingest.tables import Journal
from tests.server.ingest.wire import Line, wait_until, waits

ROW_LOCKS = ("transactionid", "tuple")
# Holds every transaction that stored a response inside its COMMIT for as long as a test holds the lock.
WAIT_IN_COMMIT = """
CREATE FUNCTION wait_in_commit() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER wait_in_commit AFTER INSERT ON response
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_in_commit();
"""
either_session = pytest.mark.parametrize("group", ["", "workers"], ids=["persistent session", "shared subscription"])


@pytest.fixture
def line(tmp_path, database_url, mosquitto):
    key_file = tmp_path / "key"
    key_file.touch(mode=0o600)
    key_file.write_text(bytes(range(32)).hex())
    line = Line(tmp_path / "line", database_url, mosquitto, key_file)
    yield line
    line.close()


@pytest.fixture
def handheld(ward, line):
    """A device with five responses that wait."""
    handheld = ward.handheld()
    line.write_accounts(ward.engine)
    for _ in range(5):
        handheld.answer()
    return handheld


def answers(handheld, count=20):
    for _ in range(count):
        handheld.answer()


@contextmanager
def ledger_locked(ward):
    """Whoever wants to store something waits inside its transaction until this ends."""
    with ward.engine.connect() as holder:
        holder.execute(text("SELECT * FROM journal FOR UPDATE"))
        yield
        holder.rollback()


def all_stored(ward, handheld):
    lost = set(range(1, handheld.last + 1)) - set(ward.sequences(handheld))
    assert not lost, f"lost: {sorted(lost)}"
    assert ward.sequences(handheld) == list(range(1, handheld.last + 1))
    ward.check_sums()


@either_session
def test_a_whole_sync_through_the_broker(ward, line, handheld, group):
    line.worker(group)
    line.radio(handheld).sync()
    all_stored(ward, handheld)


@either_session
def test_killed_between_receipt_and_commit(ward, line, handheld, group):
    worker = line.worker(group)
    radio = line.radio(handheld)
    radio.sync()
    answers(handheld)
    radio.meet()
    with ledger_locked(ward):
        radio.send(handheld.batch())
        wait_until(lambda: waits(ward.engine, ROW_LOCKS), "the worker inside its transaction")
        worker.kill()
    wait_until(lambda: not waits(ward.engine, ROW_LOCKS), "the end of its transaction")
    assert ward.sequences(handheld) == [1, 2, 3, 4, 5]
    line.worker(group)
    radio.sync()
    all_stored(ward, handheld)


@either_session
def test_killed_between_commit_and_ack(ward, line, handheld, group):
    worker = line.worker(group)
    radio = line.radio(handheld)
    radio.sync()
    answers(handheld)
    radio.meet()
    with ledger_locked(ward):
        radio.send(handheld.batch())
        wait_until(lambda: waits(ward.engine, ROW_LOCKS), "the worker inside its transaction")
        line.broker.stop()  # so no ack can leave
    wait_until(lambda: ward.rows(Journal)[0].stored_through == 25, "the commit")
    worker.kill()
    assert handheld.acked_through == 5
    line.broker.start()
    line.worker(group)
    before = ward.snapshot()["response"]
    line.radio(handheld).sync()
    assert ward.snapshot()["response"] == before
    all_stored(ward, handheld)


def power_cut_in_commit(ward, line, handheld, module, ack_comes_first):
    """Worker and database lose power while the database commits; then all start again and the device syncs."""
    worker = line.worker("workers", module)
    radio = line.radio(handheld)
    with ward.engine.begin() as connection:
        connection.execute(text(WAIT_IN_COMMIT))
    radio.meet()
    with ward.engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(7)"))
        radio.send(handheld.batch())
        wait_until(lambda: waits(ward.engine, ("advisory",)), "the worker inside its commit")
        if ack_comes_first:
            radio.wait_for(ACK)
        worker.kill()
        holder.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory'"))
    wait_until(lambda: not waits(ward.engine, ("advisory",)), "the end of its transaction")
    assert ward.sequences(handheld) == []
    handheld.oldest_readable = handheld.acked_through + 1  # the device needed the space of all that was acked
    line.worker("workers")
    radio.sync()
    all_stored(ward, handheld)


def test_a_power_cut_in_the_middle_of_a_commit_loses_nothing(ward, line, handheld):
    power_cut_in_commit(ward, line, handheld, "server.main", ack_comes_first=False)


def test_a_worker_that_acks_before_it_commits_is_caught_by_that_test(ward, line, handheld):
    with pytest.raises(AssertionError, match=r"lost: \[1, 2, 3, 4, 5\]"):
        power_cut_in_commit(ward, line, handheld, "tests.server.ingest.hasty_worker", ack_comes_first=True)


@contextmanager
def database_away(database_url):
    url = make_url(database_url)
    plain = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        allow = SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        connection.execute(allow.format(Identifier(url.database), SQL("false")))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        yield
        connection.execute(allow.format(Identifier(url.database), SQL("true")))


@either_session
def test_while_the_database_is_away_nothing_is_acked_and_then_everything_is(ward, line, handheld, database_url, group):
    worker = line.worker(group)
    radio = line.radio(handheld)
    radio.meet()
    ward.engine.dispose()
    with database_away(database_url):
        radio.send(handheld.batch())
        worker.wait_for_log("the database takes nothing")
        assert radio.received.empty()
    radio.wait_for(ACK)
    assert handheld.acked_through == 5
    all_stored(ward, handheld)
    assert worker.stop() == 0


@either_session
def test_a_broker_that_starts_again_is_found_again(ward, line, handheld, group):
    worker = line.worker(group)
    line.broker.stop()
    line.broker.start()
    wait_until(lambda: worker.log.count("ready: subscribed") == 2, "the worker's second subscription")
    line.radio(handheld).sync()
    all_stored(ward, handheld)


def test_messages_that_waited_in_a_persistent_session_are_stored_after_a_kill_without_the_device(ward, line, handheld):
    worker = line.worker()
    radio = line.radio(handheld)
    radio.sync()
    answers(handheld)
    radio.meet()
    with ledger_locked(ward):
        radio.send(handheld.batch())
        wait_until(lambda: waits(ward.engine, ROW_LOCKS), "the worker inside its transaction")
        worker.kill()
    line.worker()
    radio.wait_for(ACK)
    assert handheld.acked_through == 25
    all_stored(ward, handheld)


def test_two_workers_share_the_devices_and_store_each_record_once(ward, line, handheld):
    handhelds = [handheld] + [ward.handheld(f"{number}") for number in range(3)]
    line.write_accounts(ward.engine)
    workers = [line.worker("workers") for _ in range(2)]
    for each in handhelds:
        answers(each, 250)

    def sync(each):
        radio = line.radio(each)
        for _ in range(3):
            radio.sync()
            answers(each, 10)
        radio.sync()

    with ThreadPoolExecutor(len(handhelds)) as radios:
        list(radios.map(sync, handhelds))
    for each in handhelds:
        all_stored(ward, each)
    assert [worker.stop() for worker in workers] == [0, 0]


def test_noise_from_a_device_is_counted_and_the_worker_goes_on(ward, line, handheld):
    line.worker()
    radio = line.radio(handheld)
    good = handheld.batch()
    for payload in (b"", b"\xff" * 5000, good.payload[:-1], good.payload[:-1] + b"\x00"):
        radio.send(good._replace(payload=payload))
    radio.sync()
    wait_until(lambda: sum(ward.refusals().values()) == 4, "four refusals")
    assert ward.refusals() == {"length": 2, "hmac": 2}
    all_stored(ward, handheld)


def test_what_a_device_publishes_on_another_s_topic_does_not_arrive(ward, line, handheld):
    other = ward.handheld("B")
    line.write_accounts(ward.engine)
    line.worker()
    radio = line.radio(handheld)
    stray = other.batch()
    radio.send(stray)  # the broker says PUBACK and drops it
    radio.sync()
    assert ward.refusals() == {}
    all_stored(ward, handheld)


@pytest.mark.usefixtures("handheld")
def test_it_ends_in_good_order_when_told_to(line):
    assert line.worker().stop() == 0


# --- what is wrong with the installation, in words -------------------------------------------------------------------


@pytest.mark.usefixtures("handheld")
def test_a_broker_with_a_certificate_of_somebody_else_is_not_spoken_to(line, tmp_path):
    stranger = make_certificates(tmp_path / "stranger")
    worker = line.worker(ready=False, PET_BROKER_CA_FILE=str(stranger.authority_pem))
    worker.wait_for_log("certificate verify failed")


@pytest.mark.usefixtures("handheld")
def test_a_wrong_password_is_said(line, tmp_path):
    (tmp_path / "wrong").write_text("wrong")
    line.worker(ready=False, PET_BROKER_PASSWORD_FILE=str(tmp_path / "wrong")).wait_for_log("the broker refuses")


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("PET_KEY_FILE", "there is no key file"),
        ("PET_BROKER_CA_FILE", "holds no certificate that can be read"),
        ("PET_BROKER_PASSWORD_FILE", "cannot be read"),
        ("PET_DATABASE_PASSWORD_FILE", "cannot be read"),
    ],
)
def test_a_missing_file_ends_it_with_a_sentence(line, tmp_path, variable, words):
    worker = line.worker(ready=False, **{variable: str(tmp_path / "missing")})
    assert worker.process.wait(60) == 2
    assert words in worker.log
    assert "Traceback" not in worker.log
