"""Makes a backup: everything of one instant, read back and counted before it gets its name."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.backup.contents import migration, open_keys, rows_of_database, rows_of_dump
from server.backup.hold import TABLE as HOLD
from server.backup.manifest import DUMP, NAME, Manifest, described
from server.backup.origin import program
from server.backup.programs import connecting, find_program, run
from server.errors import OperatorError
from server.fleet.files import write_private
from server.fleet.keys import KeyRing
from server.settings import Settings

PREFIX, UNFINISHED = "pet-", ".unfinished"
DIRECTORY_MODE = 0o700
# What a server needs beside its database and cannot make again. None of it is a secret; what is, stays out (ADR 12).
FILES = {"ca.pem": "broker_ca_file", "release.pub": "release_keys_file"}


def make_backup(session: Session, settings: Settings, key_ring: KeyRing, directory: Path) -> tuple[Path, Manifest]:
    """A new backup below `directory`, and what it says of itself. The session sees one state of the database.

    Raises OperatorError; what was begun is removed then.
    """
    _check_place(directory, settings.key_file)
    version = migration(session)
    if version is None:
        raise OperatorError("the database is empty: there is nothing to back up. Is PET_DATABASE_URL right?")
    with _alone(directory):
        taken_at = session.scalar(text("SELECT now()"))
        assert taken_at is not None
        name = f"{PREFIX}{taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if (directory / name).exists():
            raise OperatorError(f"{directory / name} was made within this second: say it again.")
        unfinished = directory / f".{name}{UNFINISHED}"
        try:
            unfinished.mkdir(mode=DIRECTORY_MODE)
            manifest = _fill(session, settings, key_ring, unfinished, (taken_at, version))
            _to_disk(unfinished)
            unfinished.rename(directory / name)
            _to_disk(directory)
        except OSError as error:
            raise OperatorError(f"{directory} cannot be written: {error.strerror}.") from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return directory / name, manifest


def remove_old(directory: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` whole backups; what was removed. Anything else there is left alone."""
    found = sorted(path for path in directory.glob(f"{PREFIX}*Z") if (path / NAME).exists())
    old = found[: max(0, len(found) - keep)]
    for path in old:
        (path / NAME).unlink()  # first: half a backup must not look like one
        shutil.rmtree(path)
    return old


def _fill(session: Session, settings: Settings, key_ring: KeyRing, folder: Path, of: tuple[datetime, str]) -> Manifest:
    """The dump sees the very snapshot that the rows are counted in."""
    taken_at, version = of
    major = int(str(session.scalar(text("SHOW server_version_num")))) // 10000
    snapshot = str(session.scalar(text("SELECT pg_export_snapshot()")))
    pg_dump, pg_restore = find_program("pg_dump", major), find_program("pg_restore", major)
    keys, rows = open_keys(session, key_ring), rows_of_database(session)
    write_private(folder / DUMP, b"")  # nobody else reads it from its first byte on
    with connecting(settings.database()) as (url, environment):
        words = ("--format=custom", f"--snapshot={snapshot}", f"--exclude-table={HOLD}", f"--file={folder / DUMP}")
        run(pg_dump, *words, f"--dbname={url}", environment=environment)
    if rows_of_dump(pg_restore, folder / DUMP) != rows:
        raise OperatorError("what pg_dump wrote holds other rows than the database: look for the fault of its disk.")
    for name, setting in FILES.items():
        path = getattr(settings, setting)
        if path.exists():
            write_private(folder / name, path.read_bytes())
    manifest = Manifest(
        taken_at=taken_at.astimezone(UTC).isoformat(),
        program=program(),
        postgresql=str(session.scalar(text("SHOW server_version"))),
        migration=version,
        key=key_ring.fingerprint,
        keys=keys,
        settings={name: str(value) for name, value in settings if value not in (None, "")},
        rows=rows,
        files={path.name: described(path) for path in sorted(folder.iterdir())},
    )
    write_private(folder / NAME, manifest.encode())
    return manifest


def _check_place(directory: Path, key_file: Path) -> None:
    if not directory.is_dir():
        raise OperatorError(f"there is no folder {directory}: make it, or mount the disk that belongs there.")
    place, key_folder = directory.resolve(), key_file.resolve().parent
    if place == key_folder or place in key_folder.parents or key_folder in place.parents:
        raise OperatorError(
            f"{directory} lies with the key file {key_file}: a backup beside its key opens everything. Name another."
        )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One backup at a time; what one that was killed has left behind is removed."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OperatorError(f"another backup into {directory} is being made right now.") from None
        for left in directory.glob(f".{PREFIX}*{UNFINISHED}"):
            shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
