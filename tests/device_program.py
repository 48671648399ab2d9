"""The simulated device as a program: fed with commands, asked for its events."""

import atexit
import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from server.demo.device import build_application
from tests.parts import need

HEAP = "56wk"  # in words: the first heap of an ESP32
NOW = 220000000  # PET time, in December 2026
TIMEOUT_S = 600  # only a hang takes longer
READ_MS = 2000
BEGIN = ("press 1", f"wait {READ_MS}", "press 1", f"wait {READ_MS}")  # past the promise, at the first question


def answers(*options):
    """Begin, read each question and answer it with this option; 0 skips it."""
    given = []
    for option in options:
        given += [f"answer {option}" if option else "hold 6", f"wait {READ_MS}"]
    return [*BEGIN, *given]


class Run(NamedTuple):
    """How a device ended and what it said."""

    events: list
    returncode: int
    errors: str

    def named(self, name):
        return [event for event in self.events if event["event"] == name]

    def screens(self):
        """The names of the screens, in the order in which they were shown."""
        return [event["name"] for event in self.named("screen")]

    def last(self, name):
        return self.named(name)[-1]


@cache
def application():
    """The environment that finds the application, built as bytecode once for all tests."""
    directory = Path(tempfile.mkdtemp(prefix="pet-application-"))
    atexit.register(shutil.rmtree, directory)
    return build_application(directory)


def command(directory, *options, heap=HEAP):
    return [need("micropython"), "-X", f"heapsize={heap}", "-m", "firmware.simulator", directory, *options]


def run(directory, *commands, virtual=NOW, quiet=False, heap=HEAP, environment=None):
    """Give a device all these commands. Without "quit" among them its power goes when they are done."""
    options = ["--virtual", str(virtual)] if virtual is not None else []
    done = subprocess.run(
        command(".", *options, *(["--quiet"] if quiet else []), heap=heap),  # on a chip no path is longer
        cwd=directory,
        env=environment or application(),
        input="".join(f"{line}\n" for line in commands),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Run([json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr)
