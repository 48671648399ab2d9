"""What a database holds and what a dump of it holds, in the same terms: rows by table."""

import re
import subprocess
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server.backup.hold import TABLE as HOLD
from server.backup.programs import complain
from server.fleet.keys import KeyRing
from server.fleet.tables import DeviceKey

# Of pg_restore's text: what begins a table's rows, each of which is one line, and what ends them.
BEGINS = re.compile(rb'COPY (?:\S+\.)?"?(\w+)"? \(')
ENDS = b"\\.\n"
TABLES = """SELECT table_name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> :hold ORDER BY table_name"""


def tables(session: Session) -> list[str]:
    """The names of all tables but the one that says that ingest waits."""
    return list(session.scalars(text(TABLES), {"hold": HOLD}))


def rows_of_database(session: Session) -> dict[str, int]:
    """By table, as this session sees them."""
    return {name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables(session)}  # noqa: S608


def rows_of_dump(pg_restore: Path, dump: Path) -> dict[str, int]:
    """By table. The whole file is read, unpacked and counted line by line. Raises OperatorError."""
    counts: dict[str, int] = {}
    table = None
    command = [str(pg_restore), "--data-only", "--file=-", str(dump)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if table is None:
                begun = BEGINS.match(line)
                table = begun[1].decode() if begun else None
                if table is not None:
                    counts[table] = 0
            elif line == ENDS:
                table = None
            else:
                counts[table] += 1
        said = process.stderr.read()
    complain(pg_restore, process.returncode, said)
    return counts


def open_keys(session: Session, key_ring: KeyRing) -> int:
    """How many keys of devices there are; all of them open with this key file, or OperatorError says which does not."""
    keys = session.execute(
        select(DeviceKey.organisation_id, DeviceKey.device_id, DeviceKey.key_epoch, DeviceKey.wrapped_key)
    ).all()
    for organisation_id, device_id, key_epoch, wrapped in keys:
        key_ring.unwrap(wrapped, organisation_id, device_id, key_epoch)
    return len(keys)


def migration(session: Session) -> str | None:
    """The version of the schema; None where there is none."""
    if session.scalar(select(func.to_regclass("alembic_version"))) is None:
        return None
    version: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return version
