"""`pet backup`, `pet restore` and `pet restored`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from server.backup import hold
from server.backup.contents import tables
from server.backup.make import make_backup, remove_old
from server.backup.manifest import Manifest
from server.backup.restore import check_backup, put_files, restore
from server.command_line import actor, transaction
from server.database import make_engine
from server.errors import OperatorError
from server.fleet.keys import open_key_ring
from server.reports.restoring import leave_unsent
from server.settings import load_settings

EXIT_HELD = 1
REPEAT = (
    "Repeat, in their old order, what people have done since: revoke, lost, reinstate, retire, enrol, rotate-key,\n"
    "place, move, lend, publish, assign, settings, text, release, target, import, person. Devices that got keys since\n"
    "need new ones by cable. Then say `pet restored --repeated`: ingest goes on, and devices deliver what is missing."
)


def backup(
    directory: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where backups lie; best on another disk.")],
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but the newest of this many backups.")] = None,
) -> None:
    """Make a backup of one instant and read it back. The key file is not in it: keep its copy elsewhere."""
    settings = load_settings()
    key_ring = open_key_ring(settings.key_file)
    with transaction(snapshot=True) as session:
        folder, manifest = make_backup(session, settings, key_ring, directory)
    print(f"{folder}: {_described(manifest)}")
    print(f"the key {manifest.key} is not in it: keep a copy of {settings.key_file} elsewhere (`pet key copy`)")
    for old in remove_old(directory, keep) if keep is not None else ():
        print(f"{old}: removed")


def restore_backup(
    folders: Annotated[list[Path], typer.Argument(metavar="BACKUP", help="The folder that `pet backup` has made.")],
    check: Annotated[bool, typer.Option("--check", help="Only see whether it could be restored.")] = False,
) -> None:
    """Put a backup into an empty database. Ingest then waits for `pet restored --repeated`."""
    folder, *more = folders
    if more:
        raise OperatorError(
            f"name one backup, not {len(folders)} ({folder}, {more[0]} ...): the shell may have made several of a *. "
            "The newest is the last of them."
        )
    settings = load_settings()
    key_ring = open_key_ring(settings.key_file)
    manifest = check_backup(folder, key_ring)
    if check:
        print(f"{folder}: {_described(manifest)}, whole")
        return
    engine = make_engine(settings.database())
    try:
        restore(engine, settings.database(), folder, manifest, key_ring, actor())
    finally:
        engine.dispose()
    print(f"restored: {_described(manifest)}; all {manifest.keys} keys of devices open")
    print(*put_files(settings, folder, manifest), sep="\n")
    print(f"ingest waits. {REPEAT}")


def restored(
    repeated: Annotated[
        bool, typer.Option("--repeated", help="What people did since the backup is repeated: ingest may go on.")
    ] = False,
) -> None:
    """Whether ingest waits after a restore, and what is to be done; exit code 1 while it does."""
    with transaction() as session:
        if not hold.is_held(session):
            print("ingest does not wait")
            return
        found = hold.what_was_restored(session)
        if repeated and not tables(session):
            raise OperatorError("the restore was not finished: say `pet restore` again, with the same backup.")
        if repeated:
            leave_unsent(session, datetime.now(UTC))
            hold.release(session)
            print("ingest goes on")
            return
    print("ingest waits: " + (_said(found) if found else "a restore was begun and did not come to its end."))
    print(REPEAT)
    raise typer.Exit(EXIT_HELD)


def _described(manifest: Manifest) -> str:
    rows = sum(manifest.rows.values())
    taken_at = datetime.fromisoformat(manifest.taken_at)
    return (
        f"{len(manifest.rows)} tables with {rows} rows of {taken_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"{manifest.size / 1e6:.1f} MB, version {manifest.migration}"
    )


def _said(found: hold.Restored) -> str:
    restored_at, taken_at = (each.astimezone(UTC) for each in (found.restored_at, found.taken_at))
    return f"{found.backup}, of {taken_at:%Y-%m-%d %H:%M:%S} UTC, was restored at {restored_at:%Y-%m-%d %H:%M:%S} UTC."
