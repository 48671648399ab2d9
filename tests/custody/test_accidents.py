"""What must come of each accident, with every part real: the rows of docs/protocol.md's table of accidents."""

import shutil

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from protocol.identity import decode_identity, encode_identity
from server.demo.story import utc_now
from server.fleet.devices import find_device, rotate_key
from server.fleet.organisations import find_organisation
from tests.custody.conftest import press


def administer(ward, *statements):
    """Statements on the server's PostgreSQL while no process of ours is connected to the database."""
    url = make_url(ward.line.database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def restore(ward, *statements):
    """As somebody who restores a backup does it: everything stopped, then the statements, then everything again."""
    ward.line.stop_server()
    ward.line.engine.dispose()
    administer(ward, *statements)
    ward.line.start_server()


def test_a_server_restored_to_an_older_backup_asks_for_what_it_has_lost(ward):
    directory = ward.directory()
    device = ward.start(directory)
    press(device, 3)
    assert device.sync()["delivered"] == 3
    restore(ward, "CREATE DATABASE backup TEMPLATE pet")
    press(device, 4)
    assert device.sync()["delivered"] == 4
    assert ward.sequences(directory) == [1, 2, 3, 4, 5, 6, 7]

    restore(ward, "DROP DATABASE pet", "CREATE DATABASE pet TEMPLATE backup")
    assert ward.sequences(directory) == [1, 2, 3]
    press(device, 2)
    assert device.sync() == {"event": "synced", "delivered": 2, "waiting": 0, "error": None}
    device.close()
    assert ward.sequences(directory) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert ward.counted(directory) == 9


def test_two_devices_with_one_identity_are_kept_apart(ward):
    directory = ward.directory()
    first = ward.start(directory)
    press(first, 2)
    assert first.sync()["delivered"] == 2
    first.close()
    clone = directory.with_name(directory.name + "-clone")
    shutil.copytree(directory, clone)
    first, second = ward.start(directory), ward.start(clone)
    press(first, 2, option=1)
    press(second, 3, option=2)
    assert first.sync()["waiting"] == 0
    assert second.sync()["waiting"] == 0
    first.close()
    second.close()
    assert ward.sequences(directory) == [1, 2, 3, 4, 5]
    assert ward.quarantined(directory) == ["conflict", "conflict"]
    assert ward.counted(directory) == 5


def test_a_device_with_new_keys_delivers_what_waited_under_the_old_ones(ward):
    directory = ward.directory()
    device = ward.start(directory)
    press(device, 3)
    device.close()
    with Session(ward.line.engine) as session, session.begin():
        found = find_device(session, find_organisation(session), directory.name)
        identity = rotate_key(session, found, utc_now(), ward.line.key_ring())
    ward.line.follow_database()

    device = ward.start(directory)  # still with the old keys: the broker does not let it in
    assert device.sync()["waiting"] == 3
    device.close()
    assert decode_identity((directory / "pet_id.bin").read_bytes()).device_id == identity.device_id
    (directory / "pet_id.bin").write_bytes(encode_identity(identity))
    device = ward.start(directory)
    assert device.sync() == {"event": "synced", "delivered": 3, "waiting": 0, "error": None}
    device.close()
    assert ward.sequences(directory) == [1, 2, 3]


def test_loss_of_power_at_any_moment_keeps_what_was_thanked_for(ward):
    directory = ward.directory()
    for _ in range(4):
        device = ward.start(directory)
        press(device, 2)
        device.kill()
    device = ward.start(directory)
    assert device.sync()["waiting"] == 0
    device.close()
    assert ward.sequences(directory) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ward.counted(directory) == 8


def test_a_re_flashed_device_delivers_its_journal(ward):
    directory = ward.directory()
    device = ward.start(directory)
    press(device, 3)
    device.close()
    files = {path.name: path.read_bytes() for path in (directory / "vfs").iterdir()}
    shutil.rmtree(directory / "vfs")  # a new file system; the journal lies elsewhere
    (directory / "vfs").mkdir()
    for name, content in files.items():
        (directory / "vfs" / name).write_bytes(content)
    (directory / "retained.bin").unlink()
    device = ward.start(directory)
    assert device.sync()["delivered"] == 3
    device.close()
    assert ward.sequences(directory) == [1, 2, 3]
