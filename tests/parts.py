"""The real parts that tests run on: found, installed where that is allowed, else a skip that says why."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from server.demo.broker import INGEST_USER, Mosquitto, find_mosquitto, install_mosquitto, install_package
from server.fleet.broker import write_accounts
from server.fleet.passwords import hash_password

ROOT = Path(__file__).parents[1]
CHROME_OF_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def need(part):
    """The program of that name. Where it is missing the test is skipped, or fails when PET_REQUIRE_ALL=1."""
    find, install, remedy = PARTS[part]
    found = find()
    if found is None and install():
        found = find()
    if found is None:
        reason = f"{part} is missing: {remedy}"
        if os.environ.get("PET_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _find_micropython():
    program = Path(sys.executable).with_name("micropython")
    return program if program.exists() else None


def _find_chromium():
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", CHROME_OF_MACOS)]
    return next((Path(path) for path in found if path), None)


def _cannot_install():
    return False


PARTS: dict[str, tuple[Callable[[], Path | None], Callable[[], bool], str]] = {
    "mosquitto": (find_mosquitto, install_mosquitto, "install it (Debian: apt-get install mosquitto)"),
    "chromium": (_find_chromium, lambda: install_package("chromium"), "install it (Debian: apt-get install chromium)"),
    "micropython": (_find_micropython, _cannot_install, "say 'make setup'"),
}


def micropython_environment():
    """What MicroPython needs to import our packages here as on the device; start it in ROOT."""
    return {**os.environ, "MICROPYPATH": f"{ROOT}:{ROOT / '.venv/micropython'}:.frozen"}


class OpenMosquitto(Mosquitto):
    """A Mosquitto whose accounts a test may set; a device's are named by its eight hexadecimal digits."""

    def __init__(self, directory):
        super().__init__(directory)
        self._hashes = {}

    def allow(self, user, password):
        """Let `user` in, with the rights of the device of that name; INGEST_USER gets those of ingest."""
        self._hashes[user] = hash_password(password)
        self._write()

    def forbid(self, user):
        del self._hashes[user]
        self._write()

    def _write(self):
        devices = {user: one for user, one in self._hashes.items() if user != INGEST_USER}
        # No password has this hash: without an account of its own, ingest stays out.
        write_accounts(self.directory, INGEST_USER, self._hashes.get(INGEST_USER, hash_password(token_hex())), devices)
        self.reload()
