"""The broker's accounts and rules, as a real Mosquitto understands them."""

import queue
import ssl
import stat
import time

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.fleet.broker import ACCESS_FILE, DEVICE_PASSWORDS_FILE, INGEST_PASSWORDS_FILE, write_broker_files
from server.fleet.devices import mark_lost, reinstate, revoke, rotate_key
from server.fleet.files import replace_file
from server.fleet.passwords import hash_password
from tests.server.ingest.ward import KEY_RING, NOW, Ward

INGEST = ("ingest", "of-ingest")
FILES = (DEVICE_PASSWORDS_FILE, INGEST_PASSWORDS_FILE, ACCESS_FILE)
DEADLINE_S = 30


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def connect(mosquitto):
    """Connect as somebody, where such a one belongs: a client that hears everything it may, or the refusal as text."""
    clients = []

    def go(user, password, port=None):
        answers = queue.Queue()
        client = Client(CallbackAPIVersion.VERSION2, client_id=user, reconnect_on_failure=False)
        client.username_pw_set(user, password)
        client.tls_set_context(ssl.create_default_context(cafile=mosquitto.certificates.authority_pem))
        client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(str(reason))
        client.connect(mosquitto.host, port or (mosquitto.ingest_port if user == INGEST[0] else mosquitto.port))
        client.loop_start()
        clients.append(client)
        reason = answers.get(timeout=DEADLINE_S)
        return client if reason == "Success" else reason

    yield go
    for client in clients:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def write(ward, mosquitto):
    """Write the files and wait until the broker has read them: an account that is only there afterwards works."""
    numbers = iter(range(100))

    def go():
        with Session(ward.engine) as session:
            count = write_broker_files(session, mosquitto.directory, *INGEST)
        mark = f"mark-{next(numbers)}"
        with (mosquitto.directory / DEVICE_PASSWORDS_FILE).open("a") as file:
            file.write(f"{mark}:{hash_password(mark)}\n")
        mosquitto.reload()
        deadline = time.monotonic() + DEADLINE_S
        while not accepts(mosquitto, mark):
            assert time.monotonic() < deadline
        return count

    return go


def accepts(mosquitto, mark):
    answers = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, client_id=mark, reconnect_on_failure=False)
    client.username_pw_set(mark, mark)
    client.tls_set_context(ssl.create_default_context(cafile=mosquitto.certificates.authority_pem))
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(str(reason))
    client.connect(mosquitto.host, mosquitto.port)
    client.loop_start()
    reason = answers.get(timeout=DEADLINE_S)
    client.disconnect()
    client.loop_stop()
    return reason == "Success"


def account(handheld):
    return device_name(handheld.identity.device_id), handheld.identity.mqtt_password


def hears(client, publisher, topic, sentinel):
    """Whether the client, subscribed to everything, hears a publication; the sentinel is one that it does hear."""
    heard = queue.Queue()
    subscribed = queue.Queue()
    client.on_message = lambda _client, _data, message: heard.put(message.topic)
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.subscribe("#", 1)
    subscribed.get(timeout=DEADLINE_S)
    publisher.publish(topic, b"x", 1).wait_for_publish(DEADLINE_S)
    publisher.publish(sentinel, b"x", 1).wait_for_publish(DEADLINE_S)
    topics = []
    while not topics or topics[-1] != sentinel:
        topics.append(heard.get(timeout=DEADLINE_S))
    return topic in topics


def test_a_device_reaches_its_own_topics_and_nothing_else(ward, connect, write):
    one, other = ward.handheld("A"), ward.handheld("B")
    assert write() == 2
    (name, _), (stranger, _) = account(one), account(other)
    ingest, device = connect(*INGEST), connect(*account(one))
    own_up, own_down = f"pet/v1/d/{name}/up/batch", f"pet/v1/d/{name}/down/ack"
    assert hears(ingest, device, own_up, f"pet/v1/d/{name}/up/status")
    for topic in (f"pet/v1/d/{stranger}/up/batch", own_down, "pet/v1/d/x", "$SYS/x", "anything"):
        assert not hears(ingest, device, topic, own_up), topic
    assert hears(device, ingest, own_down, f"pet/v1/d/{name}/down/desired")
    assert not hears(device, ingest, f"pet/v1/d/{stranger}/down/ack", own_down)


def test_wrong_passwords_and_unknown_devices_stay_out(ward, connect, write):
    one, other = ward.handheld("A"), ward.handheld("B")
    write()
    assert connect(account(one)[0], account(other)[1]) == "Not authorized"
    assert connect("0000ffff", account(one)[1]) == "Not authorized"
    assert connect("", "") == "Not authorized"


def test_a_device_s_account_opens_nothing_where_ingest_connects(ward, mosquitto, connect, write):
    """There client ids are free: whoever got in could take ingest's, and throw it off again and again."""
    handheld = ward.handheld()
    write()
    assert connect(*account(handheld), port=mosquitto.ingest_port) == "Not authorized"
    assert connect(*INGEST, port=mosquitto.port) == "Not authorized"
    assert not isinstance(connect(*account(handheld)), str)
    assert not isinstance(connect(*INGEST), str)


def test_a_revoked_device_stays_out_and_a_lost_one_is_heard(ward, connect, write):
    handhelds = {serial: ward.handheld(serial) for serial in "ABC"}
    write()
    ward.change("A", revoke)
    ward.change("B", mark_lost)
    assert write() == 2
    assert connect(*account(handhelds["A"])) == "Not authorized"
    assert not isinstance(connect(*account(handhelds["B"])), str)
    ward.change("A", reinstate)
    write()
    assert not isinstance(connect(*account(handhelds["A"])), str)


def test_rotated_keys_end_the_old_password(ward, connect, write):
    handheld = ward.handheld()
    old = account(handheld)
    handheld.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    write()
    assert connect(*old) == "Not authorized"
    assert not isinstance(connect(*account(handheld)), str)


def test_no_password_is_in_the_files_and_only_owner_and_group_may_read_them(ward, mosquitto, write):
    handheld = ward.handheld()
    write()
    for name in FILES:
        path = mosquitto.directory / name
        assert handheld.identity.mqtt_password not in path.read_text()
        assert INGEST[1] not in path.read_text()
    with Session(ward.engine) as session:
        write_broker_files(session, mosquitto.directory, *INGEST)
    assert {stat.S_IMODE((mosquitto.directory / name).stat().st_mode) for name in FILES} == {0o640}


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path):
    target = tmp_path / "passwords"
    replace_file(target, b"old", 0o640)
    with pytest.raises(TypeError):
        replace_file(target, "not bytes", 0o640)
    assert target.read_bytes() == b"old"
