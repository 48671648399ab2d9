"""The starter on an ESP32: what /main.py runs. It stays in memory behind the application. Not yet run on hardware."""

import gc
import sys
import time

from machine import WDT, reset

# An application that hangs before it starts its own watchdog (30 s) is reset by this one, which that one replaces.
STARTING_MS = 60000
CONSOLE_MS = 3600000  # a device that waits for a technician tries again after an hour: no watchdog can be stopped
PATIENCE_MS = 3000  # before a start after a failed one: time to press control and C


def run() -> None:
    """Start the application, and start again when it fails. Returns when a technician is wanted at the console."""
    slot, on_trial = _chosen()
    if not slot:
        print("no application: flash this device")
        return
    WDT(timeout=STARTING_MS)
    sys.path[:] = ["/" + slot, ".frozen"]
    try:
        from firmware.handheld import run as application

        application()
        if not on_trial:  # else it is not believed when it says that the device lacks a part
            WDT(timeout=CONSOLE_MS)
            return
    except Exception as failure:  # noqa: BLE001 - whatever it is
        sys.print_exception(failure)  # type: ignore[attr-defined]
    except KeyboardInterrupt:
        WDT(timeout=CONSOLE_MS)
        raise
    time.sleep_ms(PATIENCE_MS)
    reset()


def _chosen() -> "tuple[str, bool]":
    """The choice, made by a module that is forgotten afterwards."""
    before = set(sys.modules)
    from firmware.board.choose_esp32 import begin

    choice = begin()
    for name in set(sys.modules) - before:
        del sys.modules[name]
    gc.collect()
    return choice
