"""The screens of a questionnaire as devices draw them: by the real firmware, in a MicroPython process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from PIL import Image

from protocol.package import FORMAT
from protocol.screen import HEIGHT, WIDTH
from server.demo.device import PROJECT
from server.errors import OperatorError
from server.fleet.drafts import ANY_REFERENCE
from server.fleet.packages import build_package

TIMEOUT_S = 30.0  # a second draws hundreds of screens; only a hang takes longer
KEPT_MAX = 16  # packages whose screens are kept, a quarter of a megabyte each
FORMAT_AT = 4  # of a package's bytes


class CannotDrawError(OperatorError):
    """Why there are no pictures of the screens, in a sentence."""


class Drawn(NamedTuple):
    """One screen. `language`: its position in the questionnaire; None: where one is chosen. `rows`: 128 x 64 pixels,
    from the top, leftmost in the highest bit. `pictures`: (left, top, width, height, rows) as they were put there.
    """

    language: int | None
    name: str
    rows: bytes
    pictures: list[tuple[int, int, int, int, bytes]]

    def png(self) -> bytes:
        """To the pixel; pages enlarge it."""
        made = BytesIO()
        Image.frombytes("1", (WIDTH, HEIGHT), self.rows).save(made, "png")
        return made.getvalue()


def draw_package(package: bytes, texts: bytes = b"") -> list[Drawn]:
    """Every screen of a package; with a package of texts, those that nobody answers beside too.

    Raises CannotDrawError.
    """
    if package[FORMAT_AT : FORMAT_AT + 1] != bytes([FORMAT]):
        raise CannotDrawError("This version was published for devices of an earlier time, which drew it otherwise.")
    with tempfile.TemporaryDirectory(prefix="pet-screens-") as directory:
        paths = [Path(directory, "questionnaire.pkg"), Path(directory, "texts.pkg")]
        for path, data in zip(paths, (package, texts), strict=True):
            if data:
                path.write_bytes(data)
        return [_drawn(json.loads(line)) for line in _run([str(path) for path in paths if path.exists()])]


def _run(paths: list[str]) -> list[str]:
    program = [str(Path(sys.executable).with_name("micropython")), "-m", "firmware.drawing", *paths]
    found = {**os.environ, "MICROPYPATH": f"{PROJECT}:.frozen"}
    try:
        done = subprocess.run(
            program, cwd=PROJECT, env=found, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotDrawError(f"The program that draws screens does not run here: {error}.") from None
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise CannotDrawError(f"The firmware could not draw it: {''.join(last)}")
    return done.stdout.splitlines()


def _drawn(fields: dict[str, Any]) -> Drawn:
    pictures = [(left, top, width, height, b64decode(rows)) for left, top, width, height, rows in fields["pictures"]]
    language = fields["language"] if fields["language"] >= 0 else None
    return Drawn(language, fields["name"], b64decode(fields["frame"]), pictures)


def package_of(definition: Mapping[str, Any]) -> bytes:
    """What devices would hold of a definition that is not published. Raises DefinitionError."""
    return _package_of(json.dumps(definition, sort_keys=True))


@lru_cache(maxsize=KEPT_MAX)
def _package_of(definition: str) -> bytes:
    return build_package(json.loads(definition), ANY_REFERENCE)


class Screens:
    """The screens of the packages that were looked at last: a page asks for dozens of pictures of one package."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, list[Drawn]] = OrderedDict()
        self._lock = Lock()

    def of(self, package: bytes) -> list[Drawn]:
        """Drawn once, whoever asks meanwhile; without the pictures in them. Raises CannotDrawError."""
        key = sha256(package).digest()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = [each._replace(pictures=[]) for each in draw_package(package)]
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
            return self._kept[key]


SCREENS = Screens()
