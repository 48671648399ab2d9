"""What a backup says of itself: what lies in it, of what instant, and how to see that nothing of it is damaged."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from server.errors import OperatorError

NAME = "manifest.json"
DUMP = "database.dump"
FORMAT = 1
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """`rows` by table, all of the instant `taken_at`; `files` by name: bytes and sha256. `key`: its fingerprint."""

    taken_at: str
    program: str
    postgresql: str
    migration: str
    key: str
    keys: int
    settings: dict[str, str]
    rows: dict[str, int]
    files: dict[str, dict[str, Any]]

    def encode(self) -> bytes:
        """With a digest over the rest, for a changed number in it would otherwise look like a damaged dump."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps(content | {"sha256": _digest(content)}, indent=1, sort_keys=True).encode() + b"\n"

    @property
    def size(self) -> int:
        """Bytes of all files but the manifest."""
        return sum(int(file["bytes"]) for file in self.files.values())


def read_manifest(folder: Path) -> Manifest:
    """Raises OperatorError where there is none, or not a whole one, or one of another format."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise OperatorError(f"{folder} is no backup: {path} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise OperatorError(f"the backup {folder} is damaged: {NAME} is not what was written.") from None
    if not isinstance(content, dict) or content.pop("sha256", None) != _digest(content):
        raise OperatorError(f"the backup {folder} is damaged: {NAME} is not what was written.")
    if content.pop("format") != FORMAT:
        raise OperatorError(f"the backup {folder} was made by a newer program, {content.get('program')}: install that.")
    return Manifest(**content)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises OperatorError that names the first file that is missing, cut short or changed."""
    for name, told in sorted(manifest.files.items()):
        path = folder / name
        try:
            size, found = path.stat().st_size, digest_of(path)
        except OSError as error:
            raise OperatorError(f"the backup {folder} is damaged: {name} cannot be read ({error.strerror}).") from None
        if size != told["bytes"]:
            raise OperatorError(f"the backup {folder} is damaged: {name} has {size} bytes instead of {told['bytes']}.")
        if found != told["sha256"]:
            raise OperatorError(f"the backup {folder} is damaged: {name} is not what was written (SHA-256).")


def described(path: Path) -> dict[str, Any]:
    """A file's row in the manifest."""
    return {"bytes": path.stat().st_size, "sha256": digest_of(path)}


def digest_of(path: Path) -> str:
    """SHA-256 of a file of any size."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            found.update(piece)
    return found.hexdigest()


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
