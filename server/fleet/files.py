"""Files that hold secrets, or that another program reads while they change."""

import os
import secrets
from pathlib import Path

from server.errors import OperatorError

OWNER_ONLY = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, safe on disk on return; never over an existing one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        raise OperatorError(
            f"{path} exists already, and may hold the only copy of a secret: name another file."
        ) from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)  # half a secret is none
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Replace a file at once: whoever opens it sees the old or the new whole. Raises OperatorError."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            os.fchown(file.fileno(), -1, path.parent.stat().st_gid)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None
