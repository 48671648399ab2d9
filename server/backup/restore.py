"""Puts a backup into an empty database, whole or not at all, and holds ingest until people have done their part."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from server.backup import hold
from server.backup.contents import migration, open_keys, rows_of_database, rows_of_dump, tables
from server.backup.make import FILES
from server.backup.manifest import DUMP, Manifest, check_files, read_manifest
from server.backup.origin import newest_migration
from server.backup.programs import connecting, find_program, run
from server.database import act_as
from server.errors import OperatorError
from server.fleet.files import write_private
from server.fleet.keys import KeyRing
from server.settings import Settings

OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


def check_backup(folder: Path, key_ring: KeyRing) -> Manifest:
    """All that can be known without a database. Raises OperatorError that says why it cannot be restored here."""
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    if manifest.migration != newest_migration():
        raise OperatorError(
            f"the backup's database is at version {manifest.migration}, this program's at {newest_migration()}: "
            f"restore it with the program that made it ({manifest.program}), then update that and say `pet migrate`."
        )
    if manifest.key != key_ring.fingerprint:
        raise OperatorError(
            f"the backup belongs to the key file {manifest.key}, and this server's is {key_ring.fingerprint}: "
            "put the copy of that one in its place (PET_KEY_FILE)."
        )
    major = int(manifest.postgresql.split(".")[0])
    if rows_of_dump(find_program("pg_restore", major), folder / DUMP) != manifest.rows:
        raise OperatorError(f"the backup {folder} is damaged: {DUMP} holds other rows than {manifest.rows}.")
    return manifest


def restore(engine: Engine, url: URL, folder: Path, manifest: Manifest, key_ring: KeyRing, actor: str) -> None:
    """Restore a backup that was checked. Raises OperatorError; the database is still empty then, but for the hold."""
    with Session(engine) as session, session.begin():
        found = tables(session)
        if found:
            raise OperatorError(
                f"the database {url.database} is not empty ({len(found)} tables): a backup goes into an empty one "
                "only. Drop it and create it again, or name another in PET_DATABASE_URL."
            )
        hold.begin(session)
    # Who connects from now on finds the hold; who was connected before would not.
    with Session(engine) as session, session.begin():
        if session.scalar(text(OTHERS)):
            hold.release(session)
            raise OperatorError("somebody is connected to the database: stop pet-ingest and pet-web first.")
        major = int(str(session.scalar(text("SHOW server_version_num")))) // 10000
    pg_restore = find_program("pg_restore", major)
    with connecting(url) as (plain, environment):
        words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={plain}")
        run(pg_restore, *words, str(folder / DUMP), environment=environment)
    with Session(engine) as session, session.begin():
        act_as(session, actor)
        _compare(session, manifest, key_ring)
        taken_at = datetime.fromisoformat(manifest.taken_at)
        hold.explain(session, hold.Restored(folder.name, taken_at, datetime.now(UTC)))


def put_files(settings: Settings, folder: Path, manifest: Manifest) -> list[str]:
    """Put back what is missing beside the database; what was found or done, in words."""
    lines = []
    for name, setting in FILES.items():
        path: Path = getattr(settings, setting)
        if name not in manifest.files:
            lines.append(f"{path}: the backup holds none")
        elif not path.exists():
            write_private(path, (folder / name).read_bytes())
            lines.append(f"{path}: put back")
        elif path.read_bytes() == (folder / name).read_bytes():
            lines.append(f"{path}: the same as in the backup")
        else:
            lines.append(f"{path}: differs from {folder / name}, and was left alone")
    return lines


def _compare(session: Session, manifest: Manifest, key_ring: KeyRing) -> None:
    found = rows_of_database(session)
    differing = sorted(name for name in found.keys() | manifest.rows if found.get(name) != manifest.rows.get(name))
    if differing or migration(session) != manifest.migration or open_keys(session, key_ring) != manifest.keys:
        raise OperatorError(
            f"what was restored differs from the backup ({', '.join(differing) or 'keys'}): drop it and begin again."
        )
