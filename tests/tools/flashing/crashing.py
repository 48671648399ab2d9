"""flash.py with a fault of PET_TEST_FAULT at the worst moment: a new device's keys have come, and are to be written.

raise: a mistake in the program; locals: the same, told as typer would with its locals; abort: a crash, as in a library.
A worker begins this file again (multiprocessing), so the fault is there too.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tools import flash
from tools.flashing import command_line, one_device, procedure

FAULT = os.environ["PET_TEST_FAULT"]


def fail(_device, _found, identity, _ledger):
    key, password = identity.hmac_key, identity.mqtt_password
    if FAULT == "abort":
        os.abort()
    raise RuntimeError(f"a fault of a test, with {len(key)} and {len(password)} at hand")


procedure.write_identity = one_device.write_identity = fail
if FAULT == "locals":
    command_line.app.pretty_exceptions_enable = command_line.app.pretty_exceptions_show_locals = True

if __name__ == "__main__":
    sys.exit(flash.run())
