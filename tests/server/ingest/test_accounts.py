"""`pet ingest` keeps the broker's accounts: a revoked device is out within two seconds, and stays out."""

import queue
import ssl
import time

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client
from sqlalchemy import text
from sqlalchemy.orm import Session

from protocol.envelope import BATCH
from protocol.topics import device_name
from server.accounts.viewer import everything
from server.api.access import find_viewer
from server.app import create_app
from server.fleet.broker_follower import FOLLOWS, NOT_TOLD, broker_words
from server.fleet.devices import mark_lost, reinstate, revoke
from tests.server.asking import TestClient
from tests.server.ingest.wire import DEADLINE_S, Line, wait_until

CUT_S = 2.0  # the bar of docs/security.md


@pytest.fixture
def line(tmp_path, database_url, mosquitto):
    key_file = tmp_path / "key"
    key_file.touch(mode=0o600)
    key_file.write_text(bytes(range(32)).hex())
    mosquitto.allow("ingest", "of-ingest")
    line = Line(tmp_path / "line", database_url, mosquitto, key_file)
    yield line
    line.close()


@pytest.fixture
def worker(line):
    worker = line.worker()
    worker.wait_for_log("accounts: ")
    return worker


class Live:
    """A device's connection, and when it ended."""

    def __init__(self, broker, handheld):
        self.answers, self.ended = queue.Queue(), queue.Queue()
        name = device_name(handheld.identity.device_id)
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
        self.client.username_pw_set(name, handheld.identity.mqtt_password)
        self.client.tls_set_context(ssl.create_default_context(cafile=broker.certificates.authority_pem))
        self.client.on_connect = lambda _client, _data, _flags, reason, _properties: self.answers.put(str(reason))
        self.client.on_disconnect = lambda *_: self.ended.put(time.monotonic())
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.refusal = self.answers.get(timeout=DEADLINE_S).replace("Success", "")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def refused(line, handheld):
    live = Live(line.broker, handheld)
    live.close()
    return live.refusal == "Not authorized"


def admitted(line, handheld):
    wait_until(lambda: not refused(line, handheld), "an account")


def stays_out(line, worker, handheld, untouched):
    """After a restart of the broker, of the server, and of both; another device gets in each time."""
    for part in ("broker", "server", "both"):
        if part in ("server", "both"):
            worker.stop()
        if part in ("broker", "both"):
            line.broker.stop()
            line.broker.start()
            assert refused(line, handheld), part
        if part in ("server", "both"):
            worker = line.worker()
            worker.wait_for_log("accounts: ")
        assert refused(line, handheld), part
        admitted(line, untouched)


def test_who_is_enrolled_while_it_runs_gets_in(ward, line, worker):
    handheld = ward.handheld()
    admitted(line, handheld)
    line.radio(handheld).sync()
    assert worker.stop() == 0


def test_a_live_device_is_cut_off_within_two_seconds_of_the_commit_and_stays_out(ward, line, worker):
    handheld, untouched = ward.handheld("A"), ward.handheld("B")
    admitted(line, untouched)
    live, other = Live(line.broker, handheld), Live(line.broker, untouched)
    ward.change("A", revoke)
    committed = time.monotonic()
    assert live.ended.get(timeout=DEADLINE_S) - committed < CUT_S
    assert refused(line, handheld)
    assert other.ended.empty()
    stays_out(line, worker, handheld, untouched)
    live.close()
    other.close()


def test_what_a_revoked_device_gets_past_the_broker_is_refused_by_its_state(ward, line, worker):
    handheld = ward.handheld()
    handheld.answer()
    message = handheld.batch()
    ward.change("A", revoke)
    wait_until(lambda: refused(line, handheld), "its account to go")
    ward.process(message)
    assert ward.refusals() == {"device-revoked": 1}
    assert worker.process.poll() is None


def test_a_device_that_was_revoked_while_nothing_ran_stays_out_when_it_starts(ward, line):
    handheld = ward.handheld()
    line.worker().wait_for_log("1 devices let in")
    line.workers[0].kill()
    ward.change("A", revoke)
    worker = line.worker()
    worker.wait_for_log("0 devices let in; 0 accounts made, 1 removed")
    assert refused(line, handheld)


def test_a_broker_that_lost_its_file_gets_every_account_again(ward, line, worker):
    handheld = ward.handheld()
    admitted(line, handheld)
    line.broker.stop()
    (line.broker.directory / "accounts.json").unlink()
    line.broker.start()
    admitted(line, handheld)
    assert worker.process.poll() is None


def test_lost_and_found_again(ward, line, worker):
    handheld = ward.handheld()
    admitted(line, handheld)
    ward.change("A", mark_lost)
    live = Live(line.broker, handheld)
    live.client.publish(handheld.sealed(BATCH, b"x").topic, b"x", 1).wait_for_publish(DEADLINE_S)
    ward.change("A", reinstate)
    wait_until(lambda: worker.log.count("accounts: ") >= 4, "three changes")
    assert live.ended.empty()
    live.close()


def test_it_is_known_whether_anybody_tells_the_broker(ward, line, settings):
    app = create_app(settings.model_copy(update={"key_file": line.key_file}))
    app.dependency_overrides[find_viewer] = lambda: everything(1, "operator")
    site = TestClient(app, base_url="http://127.0.0.1")

    def is_told(wanted):
        with Session(ward.engine) as session:
            said = broker_words(session, settings) == (FOLLOWS if wanted else NOT_TOLD)
        return said and f"pet_broker_follows {float(wanted)}\n" in site.get("/metrics").text

    ward.handheld()
    assert is_told(wanted=False)
    workers = [line.worker("workers") for _ in range(2)]
    wait_until(lambda: is_told(wanted=True), "a follower")
    workers[0].kill()
    wait_until(lambda: workers[1].log.count("accounts: ") and is_told(wanted=True), "the other follower")
    line.broker.stop()
    wait_until(lambda: is_told(wanted=False), "that nobody reaches the broker")
    line.broker.start()
    wait_until(lambda: is_told(wanted=True), "that the broker is reached again")
    workers[1].kill()
    wait_until(lambda: is_told(wanted=False), "that nobody follows")
    app.state.engine.dispose()


def test_two_workers_follow_without_getting_into_each_other_s_way(ward, line):
    workers = [line.worker("workers") for _ in range(2)]
    handhelds = [ward.handheld(f"PET-{number}", placed_at=None) for number in range(5)]
    for handheld in handhelds:
        admitted(line, handheld)
    with ward.engine.begin() as connection:
        connection.execute(text("UPDATE device SET state = 'revoked'"))
    for handheld in handhelds:
        wait_until(lambda each=handheld: refused(line, each), "its account to go")
    assert not [worker.log for worker in workers if "do not follow" in worker.log]


def test_from_the_call_of_the_interface_to_the_cut_less_than_two_seconds_pass_and_it_stays_out(
    ward, line, worker, settings
):
    handheld, untouched = ward.handheld("A"), ward.handheld("B")
    admitted(line, handheld)
    live = Live(line.broker, handheld)
    app = create_app(settings.model_copy(update={"key_file": line.key_file}))
    app.dependency_overrides[find_viewer] = lambda: everything(1, "operator")
    called = time.monotonic()
    answer = TestClient(app, base_url="http://127.0.0.1").patch(
        f"/api/v1/devices/{device_name(handheld.identity.device_id)}", json={"state": "revoked"}
    )
    assert answer.status_code == 200, answer.text
    cut_s = live.ended.get(timeout=DEADLINE_S) - called
    print(f"\nfrom the call to the cut: {cut_s * 1000:.0f} ms")
    assert cut_s < CUT_S
    assert refused(line, handheld)
    live.close()
    stays_out(line, worker, handheld, untouched)
    app.state.engine.dispose()
