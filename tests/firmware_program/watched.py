"""Runs the simulated device in MicroPython and notes how much is live, at its worst: `watched`, then as the simulator.

Looked at, after a collection: at every look at the clock, so around each read and write of a socket, at every file that
is opened, every hash that is begun, and before whatever a phase has loaded is forgotten. The last line says what was
found, and what this instrument takes by itself.
"""

import gc
import sys

sys.path.remove("")  # as on a device: the application is what the path begins with

gc.collect()
BEFORE = gc.mem_alloc()

import builtins  # noqa: E402 - what follows is the instrument
import hashlib  # noqa: E402
import time  # noqa: E402
from json import dumps  # noqa: E402

collect, mem_alloc = gc.collect, gc.mem_alloc
worst = [0, ""]


def watched(name, function):
    def call(*arguments):
        collect()
        live = mem_alloc()
        if live > worst[0]:
            worst[0], worst[1] = live, name
        return function(*arguments)

    return call


class Stand:
    """In place of a module whose functions are watched."""

    def __init__(self, module, name):
        for each in dir(module):
            if each[:2] != "__":
                setattr(self, each, getattr(module, each))
        setattr(self, name, watched(name, getattr(module, name)))


sys.modules["gc"] = Stand(gc, "collect")
sys.modules["time"] = Stand(time, "ticks_ms")
sys.modules["hashlib"] = Stand(hashlib, "sha256")
builtins.open = watched("open", open)
collect()
OWN = mem_alloc() - BEFORE

from firmware.simulator import main  # noqa: E402 - only now may it meet those modules

try:
    main(sys.argv[1:])
finally:
    heap = mem_alloc() + gc.mem_free()
    print(dumps({"event": "worst", "live": worst[0] - OWN, "heap": heap, "where": worst[1], "instrument": OWN}))
