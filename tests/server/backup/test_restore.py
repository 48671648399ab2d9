"""What was backed up comes back whole or not at all; ingest waits; devices deliver again what came after it, once."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.accounts import audit_log
from server.backup.hold import WORDS, keep_out
from server.backup.manifest import Manifest, read_manifest
from server.database import make_engine
from server.fleet import devices, organisations
from server.fleet.tables import Device
from server.ingest.transaction import UNAVAILABLE, process
from tests.server.ingest.ward import KEY_RING, NOW, Ward, snapshot


class Restored(Ward):
    """The same ward, on the database that its backup was restored into."""

    def __init__(self, engine):
        self.engine = engine
        self.name = "Trust"


def test_backup_more_answers_restore_and_each_is_counted_once(pet, backup, ward, there, again):
    folder, handheld = backup
    before = snapshot(ward.engine)
    for _ in range(150):
        handheld.answer()
    messages = ward.sync(handheld)
    assert handheld.acked_through == 180

    said = pet("restore", str(folder), **there)
    assert "; all 1 keys of devices open" in said
    assert "ingest waits. Repeat, in their old order" in said
    restored = Restored(again)
    logged = {"audit_head", "audit_log"}  # which say that it was restored
    after = snapshot(again)
    assert {name: rows for name, rows in after.items() if name not in logged} == {
        name: rows for name, rows in before.items() if name not in logged
    }
    assert set(before["audit_log"]) < set(after["audit_log"])

    assert "ingest goes on" in pet("restored", "--repeated", **there)
    handheld.answer()
    restored.sync(handheld)
    assert restored.sequences(handheld) == list(range(1, 182))
    restored.process(*messages)  # what a broker may still repeat of the time that was lost
    assert restored.sequences(handheld) == list(range(1, 182))
    restored.check_sums()


def test_until_people_have_repeated_theirs_ingest_takes_nothing(pet, backup, there, again):
    folder, handheld = backup
    pet("restore", str(folder), **there)
    held = make_engine(again.url)
    keep_out(held)  # as `pet ingest` does
    with pytest.raises(UNAVAILABLE, match=WORDS):
        process(held, KEY_RING, [handheld.status()], NOW)
    code, out, _ = pet.run("restored", **there)
    assert code == 1
    assert f"{folder.name}, of 20" in out
    assert "in their old order" in out
    assert WORDS in pet.refuses("broker", "follow", PET_BROKER_PORT="1", **there)
    pet("restored", "--repeated", **there)
    assert process(held, KEY_RING, [handheld.status()], NOW)
    held.dispose()
    assert "ingest does not wait" in pet("restored", **there)


def test_a_device_revoked_after_the_backup_is_revoked_again_before_ingest_goes_on(pet, backup, ward, there, again):
    """The reason for the rule: in the restored database it is active."""
    folder, handheld = backup
    ward.change("A", devices.revoke)
    pet("restore", str(folder), **there)
    restored = Restored(again)
    assert [row.state for row in restored.rows(Device)] == ["active"]
    pet("device", "revoke", "A", **there)
    pet("restored", "--repeated", **there)
    assert restored.process(handheld.status()) == []
    assert restored.refusals() == {"device-revoked": 1}


def test_the_audit_log_goes_on_and_says_who_restored_and_who_let_ingest_go_on(pet, backup, there, again):
    folder, _ = backup
    pet("restore", str(folder), **there)
    pet("restored", "--repeated", **there)
    assert "each as it was written" in pet("audit-log", "verify", **there)
    with Session(again) as session:
        owner = organisations.find_organisation(session).organisation_id
        newest = audit_log.entries(session, owner, before=None, limit=2)
    assert [entry.action for entry in newest] == ["restored delete", "restored insert"]
    assert all("command line, user" in entry.actor for entry in newest)
    assert newest[1].detail["new"]["backup"] == folder.name


def test_a_backup_of_a_restored_database_is_like_any_other(pet, backup, there):
    folder, _ = backup
    pet("restore", str(folder), **there)
    second = pet.directory / pet("backup", "backups", **there).partition(":")[0]
    assert read_manifest(second).rows.keys() == read_manifest(folder).rows.keys()


def test_what_it_holds_stands_up_to_a_rebuild(pet, backup, there):
    folder, _ = backup
    pet("restore", str(folder), **there)
    assert "0 differences" in pet("rebuild", "--check", **there)


def test_a_database_with_anything_in_it_is_refused(pet, backup, ward, there):
    folder, _ = backup
    before = snapshot(ward.engine)
    two = pet.refuses("restore", str(folder), "backups/pet-2026-11-24", **there)
    assert "name one backup, not 2" in two
    assert "is not empty (" in (said := pet.refuses("restore", str(folder)))
    assert "a backup goes into an empty one only" in said
    assert snapshot(ward.engine) == before
    pet("migrate", **there)
    assert "is not empty (" in pet.refuses("restore", str(folder), **there)


def test_a_database_that_somebody_is_connected_to_is_refused(pet, backup, there, again):
    folder, _ = backup
    with again.connect() as other:
        other.execute(text("SELECT 1"))
        assert "stop pet-ingest and pet-web first" in pet.refuses("restore", str(folder), **there)
    again.dispose()
    assert "restored: " in pet("restore", str(folder), **there)


def forge(folder, **changes):
    """A manifest that says something else, and of which nobody could tell."""
    fields = vars(read_manifest(folder)) | changes
    (folder / "manifest.json").write_bytes(Manifest(**fields).encode())


def test_another_version_of_the_schema_is_refused_with_the_program_to_take(pet, backup, there, again):
    folder, _ = backup
    forge(folder, migration="0009", program="0.0.9, commit 0123456789ab")
    said = pet.refuses("restore", str(folder), **there)
    assert "the backup's database is at version 0009, this program's at " in said
    assert "restore it with the program that made it (0.0.9, commit 0123456789ab)" in said
    assert empty(again)


def test_another_key_file_is_refused(pet, backup, there, again):
    folder, _ = backup
    (pet.directory / "etc/key").write_text("ab" * 32)
    assert "put the copy of that one in its place" in pet.refuses("restore", str(folder), **there)
    (pet.directory / "etc/key").unlink()
    assert "there is no key file" in pet.refuses("restore", str(folder), **there)
    assert empty(again)


def test_damage_is_found_before_anything_is_written(pet, backup, there, again):
    folder, _ = backup
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    dump = whole[folder / "database.dump"]
    flipped = dump[: len(dump) // 2] + bytes([dump[len(dump) // 2] ^ 1]) + dump[len(dump) // 2 + 1 :]
    numbers = whole[folder / "manifest.json"].replace(b'"response": 30', b'"response": 31')
    for name, damaged, words in (
        ("database.dump", flipped, "database.dump is not what was written"),
        ("database.dump", dump[:-100], f"has {len(dump) - 100} bytes instead of {len(dump)}"),
        ("ca.pem", b"another one!!\n", "ca.pem is not what was written"),
        ("manifest.json", numbers, "manifest.json is not what was written"),
        ("manifest.json", b"{", "manifest.json is not what was written"),
        ("ca.pem", None, "ca.pem cannot be read (No such file or directory)"),
        ("manifest.json", None, "is no backup: "),
    ):
        (folder / name).unlink()
        if damaged is not None:
            (folder / name).write_bytes(damaged)
        for options in (["--check"], []):
            assert words in pet.refuses("restore", str(folder), *options, **there)
        (folder / name).write_bytes(whole[folder / name])
    assert empty(again)
    assert ", whole" in pet("restore", str(folder), "--check", PET_DATABASE_URL=None)


def test_a_dump_that_does_not_hold_what_is_said_of_it_is_refused(pet, backup, there, again):
    folder, _ = backup
    rows = json.loads((folder / "manifest.json").read_text())["rows"]
    forge(folder, rows=rows | {"response": 29})
    assert "holds other rows" in pet.refuses("restore", str(folder), **there)
    assert empty(again)


def test_a_restore_that_fails_leaves_an_empty_database_on_hold_and_can_be_said_again(pet, backup, there, again):
    folder, _ = backup
    spoilt = make_engine(again.url)
    with spoilt.begin() as connection:
        connection.execute(text("CREATE FUNCTION audit_text() RETURNS text LANGUAGE sql AS 'SELECT NULL'"))
        connection.execute(text("CREATE SEQUENCE device_id_seq"))
        connection.execute(text("CREATE TYPE device AS (x int)"))
    spoilt.dispose()
    assert "pg_restore could not do it" in pet.refuses("restore", str(folder), **there)
    assert empty(again)
    code, out, _ = pet.run("restored", **there)
    assert (code, "did not come to its end" in out) == (1, True)
    assert "say `pet restore` again" in pet.refuses("restored", "--repeated", **there)
    with again.begin() as connection:
        connection.execute(text("DROP TYPE device; DROP FUNCTION audit_text(); DROP SEQUENCE device_id_seq"))
    again.dispose()
    assert "restored: " in pet("restore", str(folder), **there)


def test_what_lies_beside_the_database_is_put_back_where_it_is_missing_and_never_replaced(pet, backup, there):
    folder, _ = backup
    (pet.directory / "etc/ca.pem").unlink()
    (pet.directory / "etc/release.pub").write_text("a newer one\n")
    said = pet("restore", str(folder), **there)
    assert "etc/ca.pem: put back" in said
    assert "etc/release.pub: differs from" in said
    assert (pet.directory / "etc/ca.pem").read_text() == "the authority\n"
    assert (pet.directory / "etc/release.pub").read_text() == "a newer one\n"


def empty(engine):
    """No tables but, perhaps, the one that says that ingest waits."""
    query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'restored'"
    with engine.connect() as connection:
        found = connection.scalar(text(query)) == 0
    engine.dispose()
    return found
