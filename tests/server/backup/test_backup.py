"""A backup is whole, of one instant, without a secret key, and made or not made."""

import json
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from server.backup import make
from server.backup.origin import newest_migration
from server.backup.programs import connecting, find_program
from server.errors import OperatorError
from tests.server.backup.conftest import KEY, names

FILES = ["ca.pem", "database.dump", "manifest.json", "release.pub"]


def test_a_backup_says_what_is_in_it_and_holds_no_key(pet, backup):
    folder, _ = backup
    assert names(folder) == FILES
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["rows"]["response"], manifest["rows"]["device_key"], manifest["keys"]) == (30, 1, 1)
    assert manifest["migration"] == newest_migration()
    assert manifest["files"]["database.dump"]["bytes"] == (folder / "database.dump").stat().st_size
    for path in folder.iterdir():
        assert KEY not in path.read_bytes()
        assert bytes.fromhex(KEY.decode()) not in path.read_bytes()
    copied = pet("key", "copy", "copied-key")
    assert f"the key {manifest['key']};" in copied
    assert (pet.directory / "copied-key").read_bytes() == KEY + b"\n"


def test_only_its_owner_reads_it(backup):
    folder, _ = backup
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_rows_that_come_while_it_is_made_are_in_none_of_its_figures(pet, ward, monkeypatch):
    """pg_dump sees the snapshot in which the rows were counted; else the two would differ and it would be refused."""
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    dump = make.run

    def later(*words, **options):
        handheld.answer()
        ward.sync(handheld)
        dump(*words, **options)

    monkeypatch.setattr(make, "run", later)
    folder = pet("backup", "backups").partition(":")[0]
    assert json.loads((pet.directory / folder / "manifest.json").read_text())["rows"]["response"] == 1
    assert ward.sequences(handheld) == [1, 2]


@pytest.mark.usefixtures("ward")
def test_of_many_the_newest_are_kept_and_what_is_no_backup_is_left_alone(pet):
    old = [pet.directory / "backups" / f"pet-2026010{day}T000000Z" for day in (1, 2, 3)]
    for folder in old:
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
    (pet.directory / "backups/pet-notes-Z").mkdir()
    said = pet("backup", "backups", "--keep", "2").splitlines()
    assert [line.split(":")[0] for line in said[2:]] == [f"backups/{folder.name}" for folder in old[:2]]
    assert [folder.exists() for folder in old] == [False, False, True]
    assert (pet.directory / "backups/pet-notes-Z").exists()
    assert len(list((pet.directory / "backups").iterdir())) == 3


@pytest.mark.usefixtures("ward")
def test_a_killed_backup_s_remains_go_with_the_next_one(pet):
    left = pet.directory / "backups/.pet-20260101T000000Z.unfinished"
    left.mkdir()
    pet("backup", "backups")
    assert not left.exists()


@pytest.mark.usefixtures("ward")
def test_the_place_of_the_key_is_refused(pet):
    (pet.directory / "etc/backups").mkdir()
    for place in ("etc", "etc/backups", "."):
        assert "a backup beside its key opens everything" in pet.refuses("backup", place)
    assert names(pet.directory / "etc") == ["backups", "ca.pem", "key", "release.pub"]


@pytest.mark.usefixtures("ward")
def test_a_folder_that_is_not_there_is_not_made_for_a_disk_may_be_missing(pet):
    assert "there is no folder elsewhere: make it, or mount" in pet.refuses("backup", "elsewhere")
    (pet.directory / "file").touch()
    assert "there is no folder file" in pet.refuses("backup", "file")


def test_an_empty_database_is_not_backed_up(pet, there):
    assert "there is nothing to back up" in pet.refuses("backup", "backups", **there)


def test_a_key_file_of_another_database_is_found_now_and_not_after_the_fire(pet, ward):
    ward.handheld()
    (pet.directory / "etc/key").write_text("ab" * 32)
    assert "restore the key file that belongs to this database" in pet.refuses("backup", "backups")
    assert names(pet.directory / "backups") == []


@pytest.mark.usefixtures("ward")
def test_a_missing_program_is_named_with_its_package(pet, monkeypatch):
    monkeypatch.setattr("server.backup.programs._folders", list)
    assert "pg_dump of PostgreSQL" in (said := pet.refuses("backup", "backups"))
    assert "is missing. On Debian: apt-get install postgresql-client-" in said
    assert names(pet.directory / "backups") == []


def test_a_program_that_is_too_old_is_not_taken(tmp_path, monkeypatch):
    for major in (14, 99):
        (tmp_path / str(major)).mkdir()
        (tmp_path / str(major) / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.1'\n")
        (tmp_path / str(major) / "pg_dump").chmod(0o755)
    monkeypatch.setattr("server.backup.programs._folders", lambda: [tmp_path / "14", tmp_path / "99"])
    assert find_program("pg_dump", 15) == tmp_path / "99/pg_dump"
    assert find_program("pg_dump", 14) == tmp_path / "14/pg_dump"
    with pytest.raises(OperatorError, match="here is only that of 14, 99"):
        find_program("pg_dump", 100)


@pytest.mark.usefixtures("backup")
def test_a_full_disk_is_said_and_leaves_nothing(pet):
    with small_disk(pet.directory / "full") as full:
        assert "No space left on device" in pet.refuses("backup", str(full))
        assert names(full) == []


@pytest.mark.usefixtures("ward")
def test_a_place_that_nobody_may_write_to_is_said(pet):
    with small_disk(pet.directory / "full", "ro") as full:
        assert "cannot be written: Read-only file system" in pet.refuses("backup", str(full))


@contextmanager
def small_disk(place, *options):
    """A disk of 16 kB; root may mount one, where it may mount at all."""
    place.mkdir()
    words = ",".join(("size=16k", *options))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", words, "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this account may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_no_password_is_an_argument_or_in_the_environment(database_url):
    url = make_url(database_url).set(password=r"pass:wo\rd")
    with connecting(url) as (plain, environment):
        assert "wo" not in plain
        assert not [value for value in environment.values() if "pass:wo" in value]
        file = environment["PGPASSFILE"]
        assert Path(file).read_text() == "*:*:*:*:pass\\:wo\\\\rd\n"
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    assert not Path(file).exists()
