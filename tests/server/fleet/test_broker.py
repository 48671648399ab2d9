"""The broker's accounts and roles, as a real Mosquitto understands them."""

import json
import queue
import ssl
import stat

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.demo.broker import ACCOUNTS_FILE
from server.errors import OperatorError
from server.fleet.broker import first_state, follow
from server.fleet.broker_control import BrokerError, Control
from server.fleet.devices import mark_lost, reinstate, revoke, rotate_key
from server.fleet.keys import KeyRing
from tests.server.ingest.ward import KEY_RING, NOW, Ward

INGEST = ("ingest", "of-ingest")
DEADLINE_S = 30
GRANTED, REFUSED = "Granted QoS 1", "Unspecified error"  # MQTT 3.1.1 has one word for every refusal


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def connect(mosquitto):
    """Connect as somebody, where such a one belongs: the client, or the refusal as text."""
    clients = []

    def go(user, password, port=None, client_id=None):
        answers = queue.Queue()
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id or user, reconnect_on_failure=False)
        client.username_pw_set(user, password)
        client.tls_set_context(ssl.create_default_context(cafile=mosquitto.certificates.authority_pem))
        client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(str(reason))
        client.ended = queue.Queue()
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: client.ended.put(str(reason))
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
    """Make the broker follow the database; what that came to."""

    def go(key_ring=KEY_RING):
        mosquitto.allow(*INGEST)
        with Session(ward.engine) as session, mosquitto.control() as control:
            return follow(session, key_ring, control.ask)

    return go


def account(handheld):
    return device_name(handheld.identity.device_id), handheld.identity.mqtt_password


def subscribes(client, topic):
    answers = queue.Queue()
    client.on_subscribe = lambda _client, _data, _id, reasons, _properties: answers.put(str(reasons[0]))
    client.subscribe(topic, 1)
    return answers.get(timeout=DEADLINE_S)


def hears(client, publisher, topic, sentinel):
    """Whether the client hears a publication; the sentinel is one that it does hear."""
    heard = queue.Queue()
    client.on_message = lambda _client, _data, message: heard.put(message.topic)
    publisher.publish(topic, b"x", 1).wait_for_publish(DEADLINE_S)
    publisher.publish(sentinel, b"x", 1).wait_for_publish(DEADLINE_S)
    topics = []
    while not topics or topics[-1] != sentinel:
        topics.append(heard.get(timeout=DEADLINE_S))
    return topic in topics


def test_a_device_reaches_its_own_topics_and_nothing_else(ward, connect, write):
    one, other = ward.handheld("A"), ward.handheld("B")
    assert write().let_in == 2
    (name, _), (stranger, _) = account(one), account(other)
    ingest, device = connect(*INGEST), connect(*account(one))
    own_up, own_down = f"pet/v1/d/{name}/up/batch", f"pet/v1/d/{name}/down/ack"
    assert subscribes(ingest, "pet/v1/d/+/up/+") == GRANTED
    assert hears(ingest, device, own_up, f"pet/v1/d/{name}/up/status")
    for topic in (f"pet/v1/d/{stranger}/up/batch", own_down, "pet/v1/d/x", "$SYS/x", "anything"):
        assert not hears(ingest, device, topic, own_up), topic
    for topic in ("#", "+/#", "pet/#", "pet/v1/d/+/down/+", f"pet/v1/d/{stranger}/down/+", own_up, "$SYS/#"):
        assert subscribes(device, topic) == REFUSED, topic
    for topic in ("$CONTROL/#", "$CONTROL/dynamic-security/v1/response", "$share/workers/pet/v1/d/+/up/+"):
        assert subscribes(device, topic) == REFUSED, topic
    assert subscribes(device, f"pet/v1/d/{name}/down/+") == GRANTED
    assert hears(device, ingest, own_down, f"pet/v1/d/{name}/down/desired")
    assert not hears(device, ingest, f"pet/v1/d/{stranger}/down/ack", own_down)


def test_a_device_cannot_change_accounts(ward, mosquitto, connect, write):
    one = ward.handheld("A")
    write()
    before = (mosquitto.directory / ACCOUNTS_FILE).read_bytes()
    device = connect(*account(one))
    for command in (
        {"command": "createClient", "username": "mine", "password": "mine", "roles": [{"rolename": "pet-server"}]},
        {"command": "addClientRole", "username": account(one)[0], "rolename": "pet-server"},
        {"command": "setDefaultACLAccess", "acls": [{"acltype": "subscribe", "allow": True}]},
    ):
        words = json.dumps({"commands": [command]})
        device.publish("$CONTROL/dynamic-security/v1", words, 1).wait_for_publish(DEADLINE_S)
    assert connect("mine", "mine") == "Not authorized"
    assert (mosquitto.directory / ACCOUNTS_FILE).read_bytes() == before


def test_wrong_passwords_and_unknown_devices_stay_out(ward, connect, write):
    one, other = ward.handheld("A"), ward.handheld("B")
    write()
    assert connect(account(one)[0], account(other)[1]) == "Not authorized"
    assert connect("0000ffff", account(one)[1]) == "Not authorized"
    assert connect("", "") == "Not authorized"


def test_a_device_s_account_is_bound_to_its_own_client_id_on_every_listener(ward, mosquitto, connect, write):
    """Where client ids are free it could take ingest's, or another device's, and throw it off again and again."""
    one, other = ward.handheld("A"), ward.handheld("B")
    write()
    victim = connect(*account(other))
    for taken in ("pet-ingest", account(other)[0]):
        assert connect(*account(one), port=mosquitto.ingest_port, client_id=taken) == "Not authorized"
        connect(*account(one), client_id=taken)  # there the id is made the user's name
    assert subscribes(victim, f"pet/v1/d/{account(other)[0]}/down/+") == GRANTED
    assert victim.ended.empty()


def test_a_revoked_device_is_put_out_and_a_lost_one_is_heard(ward, connect, write):
    handhelds = {serial: ward.handheld(serial) for serial in "ABC"}
    write()
    live, untouched = connect(*account(handhelds["A"])), connect(*account(handhelds["C"]))
    ward.change("A", revoke)
    ward.change("B", mark_lost)
    assert write() == (1, 0, 2, 0)
    assert live.ended.get(timeout=DEADLINE_S)
    assert connect(*account(handhelds["A"])) == "Not authorized"
    assert not isinstance(connect(*account(handhelds["B"])), str)
    assert untouched.ended.empty()
    ward.change("A", reinstate)
    assert write() == (0, 1, 3, 0)
    assert not isinstance(connect(*account(handhelds["A"])), str)


def test_rotated_keys_end_the_old_password(ward, connect, write):
    handheld = ward.handheld()
    write()
    live, old = connect(*account(handheld)), account(handheld)
    handheld.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    write()
    assert live.ended.get(timeout=DEADLINE_S)
    assert connect(*old) == "Not authorized"
    assert not isinstance(connect(*account(handheld)), str)


def test_where_it_follows_already_nothing_is_changed(ward, mosquitto, connect, write):
    handhelds = [ward.handheld(serial) for serial in "ABC"]
    write()
    live = connect(*account(handhelds[0]))
    before = (mosquitto.directory / ACCOUNTS_FILE).read_bytes()
    assert write() == (0, 0, 3, 0)
    assert (mosquitto.directory / ACCOUNTS_FILE).read_bytes() == before
    assert live.ended.empty()


@pytest.mark.parametrize(
    "command",
    [
        {"command": "addRoleACL", "acltype": "subscribePattern", "topic": "#", "allow": True, "rolename": "NAME"},
        {"command": "modifyRole", "rolename": "NAME", "acls": []},
        {"command": "deleteClient", "username": "NAME"},
        {"command": "disableClient", "username": "NAME"},
        {"command": "addClientRole", "username": "NAME", "rolename": "pet-server"},
        {"command": "setClientId", "username": "NAME", "clientid": "another"},
        {"command": "modifyClient", "username": "NAME", "textdescription": "another"},
        {"command": "setDefaultACLAccess", "acls": [{"acltype": "subscribe", "allow": True}]},
    ],
    ids=lambda command: command["command"],
)
def test_whatever_was_changed_on_the_broker_is_put_right(ward, mosquitto, connect, write, command):
    handheld = ward.handheld()
    write()
    name = account(handheld)[0]
    mosquitto.ask({key: name if value == "NAME" else value for key, value in command.items()})
    write()
    device = connect(*account(handheld))
    assert subscribes(device, "#") == REFUSED
    assert subscribes(device, f"pet/v1/d/{name}/down/+") == GRANTED


def test_accounts_of_devices_that_nobody_knows_go_and_the_administrator_s_stay(mosquitto, connect, write):
    mosquitto.allow("0000abcd", "of a server of before")
    mosquitto.ask({"command": "createClient", "username": "watcher", "password": "of the administrator"})
    assert write().removed == 1
    assert connect("0000abcd", "of a server of before") == "Not authorized"
    assert not isinstance(connect("watcher", "of the administrator"), str)


def test_a_fleet_larger_than_a_packet_follows(ward, mosquitto, connect, write):
    handhelds = [ward.handheld(f"PET-{number}", placed_at=None) for number in range(30)]
    assert write() == (0, 30, 30, 0)
    mosquitto.stop()
    mosquitto.start()
    assert not isinstance(connect(*account(handhelds[-1])), str)  # the broker keeps what it was told
    assert write() == (0, 0, 30, 0)


def test_a_key_that_cannot_be_read_holds_up_no_revocation(ward, connect, write):
    one, other = ward.handheld("A"), ward.handheld("B")
    write()
    found = write(KeyRing(bytes(32)))
    assert (found.let_in, found.unreadable) == (0, 2)
    assert "keys that this key file does not open" in found.words
    assert connect(*account(one)) == "Not authorized"
    write()
    assert not isinstance(connect(*account(other)), str)


def test_no_password_is_in_the_broker_s_file_and_only_its_owner_may_read_it(ward, mosquitto, write):
    handheld = ward.handheld()
    write()
    path = mosquitto.directory / ACCOUNTS_FILE
    assert handheld.identity.mqtt_password not in path.read_text()
    assert INGEST[1] not in path.read_text()
    assert b"of-ingest" not in first_state(dict([INGEST]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_in_the_way_of_the_control_channel_is_said(ward, mosquitto, write):
    handheld = ward.handheld()
    write()
    authority = str(mosquitto.certificates.authority_pem)
    for who in (("ingest", "wrong"), account(handheld)):
        words = r"does not let PET_BROKER_USER in \(Not authorized\)"
        with pytest.raises(BrokerError, match=words), Control("localhost", mosquitto.ingest_port, authority, *who):
            pass
    port = mosquitto.ingest_port
    mosquitto.stop()
    with pytest.raises(OperatorError, match="does not answer"), Control("localhost", port, authority, *INGEST):
        pass
