"""The real parts that tests run on: found, installed where that is allowed, else a skip that says why."""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest

from server.demo.broker import INGEST_USER, Mosquitto, find_mosquitto, install_mosquitto, install_package
from server.fleet.broker import Account, account_commands
from server.fleet.broker_control import BrokerError

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


def _find_pdftotext():
    found = shutil.which("pdftotext")
    return Path(found) if found else None


def _cannot_install():
    return False


PARTS: dict[str, tuple[Callable[[], Path | None], Callable[[], bool], str]] = {
    "mosquitto": (find_mosquitto, install_mosquitto, "install it (Debian: apt-get install mosquitto)"),
    "chromium": (_find_chromium, lambda: install_package("chromium"), "install it (Debian: apt-get install chromium)"),
    "pdftotext": (_find_pdftotext, lambda: install_package("poppler-utils"), "install poppler-utils"),
    "micropython": (_find_micropython, _cannot_install, "say 'make setup'"),
}


def micropython_environment():
    """What MicroPython needs to import our packages here as on the device; start it in ROOT."""
    return {**os.environ, "MICROPYPATH": f"{ROOT}:{ROOT / '.venv/micropython'}:.frozen"}


class OpenMosquitto(Mosquitto):
    """A Mosquitto whose accounts a test may set; a device's are named by its eight hexadecimal digits."""

    def __init__(self, directory):
        super().__init__(directory, token_hex())  # nobody knows it: ingest stays out until it is allowed

    def allow(self, user, password):
        """Let `user` in, with the rights of the device of that name; INGEST_USER gets those of ingest."""
        if user != INGEST_USER:
            self.forbid(user)
            self.ask(*account_commands(Account(user, password)))
        elif password != self._ingest_password:
            with suppress(BrokerError):  # who changes the own password is put out before the answer
                self.ask({"command": "setClientPassword", "username": user, "password": password})
            self._ingest_password = password

    def forbid(self, user):
        """Whoever has this account is put out; where there is none, nothing happens."""
        with self.control() as control:
            control.ask([{"command": "deleteClient", "username": user}, {"command": "deleteRole", "rolename": user}])

    def ask(self, *commands):
        """What the broker answers to commands about its accounts; it must do them."""
        with self.control() as control:
            answers = control.ask(commands)
        assert not [answer for answer in answers if "error" in answer], answers
        return answers
