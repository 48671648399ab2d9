"""Devices and their keys: enrolled once, secret at rest, rekeyed, lost, revoked."""

import stat
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from protocol.identity import AREA_BYTES, decode_identity, encode_identity
from server.errors import OperatorError
from server.fleet.devices import enrol, find_device, mark_lost, reinstate, revoke, rotate_key
from server.fleet.files import write_private
from server.fleet.keys import KeyRing, create_key_file, open_key_ring
from server.fleet.organisations import add_organisation
from server.fleet.tables import Device, DeviceKey

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY_RING = KeyRing(bytes(32))


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def trust(session):
    return add_organisation(session, "Trust", "Europe/London")


def test_numbers_are_unique_on_the_server_and_never_reused(session, trust):
    other = add_organisation(session, "Other", "Europe/Paris")
    first = enrol(session, trust, "A", NOW, KEY_RING)
    second = enrol(session, other, "A", NOW, KEY_RING)
    session.rollback()  # even a number that came to nothing
    trust = add_organisation(session, "Trust", "Europe/London")
    third = enrol(session, trust, "B", NOW, KEY_RING)
    assert first.device_id < second.device_id < third.device_id


def test_a_serial_keeps_its_number(session, trust):
    identity = enrol(session, trust, "A", NOW, KEY_RING)
    with pytest.raises(OperatorError, match=r"A is device 0*1 already.*rotate-key"):
        enrol(session, trust, "A", NOW, KEY_RING)
    assert rotate_key(session, find_device(session, trust, "A"), NOW, KEY_RING).device_id == identity.device_id


@pytest.mark.parametrize("serial", ["", "x" * 65, "tab\t", "größe"])
def test_a_serial_that_is_none_is_refused(session, trust, serial):
    with pytest.raises(OperatorError, match="a serial is"):
        enrol(session, trust, serial, NOW, KEY_RING)


@pytest.mark.parametrize("serial", ["00000001", "0000000a", "0000000A"])
def test_a_serial_that_reads_like_another_device_s_number_is_refused(session, trust, serial):
    with pytest.raises(OperatorError, match="8 hex digits"):
        enrol(session, trust, serial, NOW, KEY_RING)


def test_the_database_holds_no_secret_in_clear(session, trust):
    identity = enrol(session, trust, "A", NOW, KEY_RING)
    dump = repr(session.execute(text("SELECT * FROM device, device_key")).all())
    assert identity.mqtt_password not in dump
    assert repr(identity.hmac_key)[2:-1] not in dump
    assert len(bytes.fromhex(identity.mqtt_password)) == len(identity.hmac_key) == 32


def test_a_wrapped_key_opens_only_for_its_device_epoch_organisation_and_key_file(session, trust):
    identity = enrol(session, trust, "A", NOW, KEY_RING)
    row = session.scalars(select(DeviceKey)).one()
    place = (row.organisation_id, row.device_id, row.key_epoch)
    assert KEY_RING.unwrap(row.wrapped_key, *place) == identity.hmac_key
    for wrong in ((place[0] + 1, *place[1:]), (place[0], place[1] + 1, place[2]), (*place[:2], place[2] + 1)):
        with pytest.raises(OperatorError, match="restore the key file"):
            KEY_RING.unwrap(row.wrapped_key, *wrong)
    with pytest.raises(OperatorError, match="restore the key file"):
        KeyRing(bytes(31) + b"\x01").unwrap(row.wrapped_key, *place)


def test_rotation_adds_an_epoch_and_keeps_the_old_one(session, trust):
    first = enrol(session, trust, "A", NOW, KEY_RING)
    device = find_device(session, trust, "A")
    second = rotate_key(session, device, NOW, KEY_RING)
    assert (first.key_epoch, second.key_epoch, device.key_epoch) == (1, 2, 2)
    assert first.hmac_key != second.hmac_key
    assert first.mqtt_password != second.mqtt_password
    rows = session.scalars(select(DeviceKey).order_by(DeviceKey.key_epoch)).all()
    assert [row.retired_at for row in rows] == [NOW, None]


def test_the_identity_area_is_what_the_device_reads(session, trust):
    identity = enrol(session, trust, "A", NOW, KEY_RING)
    area = encode_identity(identity)
    assert len(area) == AREA_BYTES
    assert decode_identity(area) == identity


def test_states_change_only_along_known_ways(session, trust):
    enrol(session, trust, "A", NOW, KEY_RING)
    device = find_device(session, trust, "A")
    with pytest.raises(OperatorError, match="is active already"):
        reinstate(device)
    mark_lost(device)
    revoke(device)
    with pytest.raises(OperatorError, match="is revoked and cannot become lost"):
        mark_lost(device)
    with pytest.raises(OperatorError, match="say `pet device reinstate` first"):
        rotate_key(session, device, NOW, KEY_RING)
    reinstate(device)
    assert device.state == "active"


def test_a_device_is_found_by_its_serial_and_by_its_name_on_the_broker(session, trust):
    identity = enrol(session, trust, "AA:BB", NOW, KEY_RING)
    assert find_device(session, trust, f"{identity.device_id:08x}") is find_device(session, trust, "AA:BB")
    with pytest.raises(OperatorError, match="there is no device nobody"):
        find_device(session, trust, "nobody")
    other = add_organisation(session, "Other", "Europe/Paris")
    with pytest.raises(OperatorError, match="there is no device"):
        find_device(session, other, "AA:BB")


# --- the key file ----------------------------------------------------------------------------------------------------


def test_a_key_file_is_new_random_and_its_owner_s_alone(tmp_path):
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        create_key_file(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert paths[0].read_bytes() != paths[1].read_bytes()
    assert len(bytes.fromhex(paths[0].read_text())) == 32
    sealed = open_key_ring(paths[0]).wrap(b"key", 1, 2, 3)
    assert open_key_ring(paths[0]).unwrap(sealed, 1, 2, 3) == b"key"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0o600, "there is no key file"),
        ("00" * 32, 0o640, "chmod 600"),
        ("00" * 31, 0o600, "31 bytes instead of 32"),
        ("not hex", 0o600, "64 hex digits"),
        ("", 0o600, "0 bytes instead of 32"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named_with_its_remedy(tmp_path, content, mode, words):
    path = tmp_path / "key"
    if content is not None:
        path.touch(mode)
        path.chmod(mode)
        path.write_text(content)
    with pytest.raises(OperatorError, match=words) as caught:
        open_key_ring(path)
    assert str(path) in str(caught.value)


def test_a_secret_never_replaces_a_file(tmp_path):
    write_private(tmp_path / "secret", b"first")
    with pytest.raises(OperatorError, match="only copy of a secret"):
        write_private(tmp_path / "secret", b"second")
    assert (tmp_path / "secret").read_bytes() == b"first"


def test_no_device_row_is_left_without_its_organisation(session, trust):
    enrol(session, trust, "A", NOW, KEY_RING)
    assert [device.organisation_id for device in session.scalars(select(Device))] == [trust.organisation_id]
