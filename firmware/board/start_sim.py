"""The starter of a simulated device: `micropython DIRECTORY/vfs/main.py DIRECTORY [options of the simulator]`.

Ends with RESET where a device would reset itself: whoever started the process starts it again.
"""

import gc
import sys

RESET = 64  # the process's exit code
RESET_FILE = "/ended-badly"  # stands for the chip's own memory of it; also written by who plays the watchdog


def run() -> None:
    """Start the application. Exits with its code, or RESET; with 1 when there is no application."""
    slot, on_trial = _chosen()
    if not slot:
        print('{"event": "lacking", "reason": "no application: flash this device"}')
        sys.exit(1)
    sys.path[:] = [sys.argv[1] + "/vfs/" + slot, ".frozen"]
    code = 0
    try:
        from firmware.simulator import main

        main(sys.argv[1:])
    except SystemExit as ended:
        code = ended.args[0] if ended.args else 0
        if code and on_trial:  # it is not believed when it says that the device lacks a part
            code = RESET
    except Exception as failure:  # noqa: BLE001 - whatever it is
        sys.print_exception(failure, sys.stderr)  # type: ignore[attr-defined]
        with open(sys.argv[1] + RESET_FILE, "w"):
            code = RESET
    sys.exit(code)


def _chosen() -> "tuple[str, bool]":
    """The choice, made by a module that is forgotten afterwards."""
    before = set(sys.modules)
    from firmware.board.choose_sim import begin

    choice = begin()
    for name in set(sys.modules) - before:
        del sys.modules[name]
    gc.collect()
    return choice
