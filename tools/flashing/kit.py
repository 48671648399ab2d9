"""The kit: one TOML file that says what goes onto every device of a bench, but for what makes each one itself.

  micropython = "ESP32_GENERIC-1.26.1"       a name in tools/firmware.lock.toml, or a file

  [application]
  keys = "release-key.pub"                   who may sign updates
  release = "pet-12.pet"                     a signed archive; or `version = 12`: build these sources
  questionnaire = "beds.pkg"                 may be left out: fetched at the first sync

  [broker]                                   host, port, and address where there is no name service
  host = "pet.example.org"

  [network]
  wifi = "wifi.toml"                         as of `pet settings wifi`
  ca = ["ca.pem"]                            the current CA, and perhaps the next; PEM or DER

  [settings]                                 may be left out: sync_every_s, sync_backlog, sleep_after_s, teams, stages

Files are looked for beside the kit. All of it but MicroPython can be changed later over the air.
"""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.errors import ProtocolError
from protocol.package import parse_head
from tools.application import BuildError, build_application
from tools.flashing.device_settings import settings_file
from tools.flashing.errors import InputError
from tools.release import version_text
from tools.signing import ReleaseError, read_public_keys, signer
from tools.starter import device_files, lay_out

BOARD = "esp32"
SETTINGS_NAME = "settings.json"
QUESTIONNAIRE_NAME = "questionnaire.pkg"
HEAD_BYTES = 16  # of a package, enough to tell that it is one


@dataclass(frozen=True)
class Kit:
    """`micropython`: a name of the lock or a file. `files`: the file system, by path."""

    micropython: str
    files: dict[str, bytes]

    @property
    def open_files(self) -> dict[str, bytes]:
        """Those that hold no password."""
        return {name: content for name, content in self.files.items() if name != SETTINGS_NAME}


def read_kit(path: Path, board: str = BOARD) -> Kit:
    """Everything that the kit names, read and checked. Raises InputError, saying which part is wrong."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no kit {path}: write one (docs/flashing.md), or name it by --kit.") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise InputError(f"the kit {path} cannot be read: {wrong}") from None
    try:
        files = _application(path.parent, fields["application"], board)
        files[SETTINGS_NAME] = settings_file(path.parent, fields)
        micropython = str(fields["micropython"])
    except KeyError as lacking:
        raise InputError(f"the kit {path} lacks {lacking}: see docs/flashing.md.") from None
    except (OSError, BuildError, ReleaseError, ProtocolError) as wrong:
        raise InputError(f"the kit {path}: {wrong}") from None
    beside = path.parent / micropython
    return Kit(str(beside) if beside.exists() else micropython, files)


def _application(directory: Path, fields: dict[str, Any], board: str) -> dict[str, bytes]:
    """What starts and runs, as a signed release has it, or built from these sources."""
    keys = read_public_keys(directory / fields["keys"])
    key_text = "".join(f"{key.hex()}\n" for key in keys)
    if "release" in fields:
        archive = (directory / fields["release"]).read_bytes()
        signer(archive, keys)
        files = device_files(archive, key_text)
    else:
        files = lay_out(_built(board), board, int(fields["version"]), version_text(), key_text)
    if "questionnaire" in fields:
        package = (directory / fields["questionnaire"]).read_bytes()
        parse_head(package[:HEAD_BYTES])
        files[QUESTIONNAIRE_NAME] = package
    return files


def _built(board: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as target:
        built = build_application(Path(target), board)
        return {file.relative_to(target).as_posix(): file.read_bytes() for file in built}
