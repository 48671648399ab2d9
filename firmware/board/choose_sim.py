"""What the starter asks of a simulated device before it chooses: the counters, and how the last start ended."""

import os
import sys
from json import dumps, load

from firmware.starter import choose

COUNTERS_FILE = "/counters.json"  # as firmware/board/sim.py keeps them
RESET_FILE = "/ended-badly"


def begin() -> "tuple[str, bool]":
    """As `choose`."""
    ended_badly = True
    try:
        os.remove(sys.argv[1] + RESET_FILE)
    except OSError:
        ended_badly = False
    return choose(sys.argv[1] + "/vfs", _load, _store, ended_badly)


def _counters() -> "dict[str, int]":
    try:
        with open(sys.argv[1] + COUNTERS_FILE) as file:
            return load(file)  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return {}


def _load(name: str) -> int:
    return int(_counters().get(name, 0))


def _store(name: str, value: int) -> None:
    path = sys.argv[1] + COUNTERS_FILE
    counters = _counters()
    counters[name] = value
    with open(path + ".new", "w") as file:
        file.write(dumps(counters))
    os.rename(path + ".new", path)
