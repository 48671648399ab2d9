"""What the application's resident part takes of the heap, in MicroPython: `shares.py sim|esp32`.

For the simulated board also what umqtt.simple takes, and how much of that is objects: `frozen_umqtt` holds it as one
function, whose call makes what importing a frozen module makes. The bytecode itself lies in the flash of a chip.
"""

import array  # noqa: F401 - what the interpreter has is there before
import binascii  # noqa: F401
import collections  # noqa: F401
import errno  # noqa: F401
import gc
import hashlib  # noqa: F401
import json
import os  # noqa: F401
import select  # noqa: F401
import socket  # noqa: F401
import ssl  # noqa: F401
import struct  # noqa: F401
import sys
import time  # noqa: F401

import framebuf  # noqa: F401


def live():
    gc.collect()
    return gc.mem_alloc()


shares = {}
if sys.argv[1] == "esp32":
    from tests.esp32_chip import Chip

    chip = Chip()
    sys.modules.update({"machine": chip.machine, "esp32": chip.esp32, "network": chip.network, "time": chip.time})
    before = live()
    import firmware.handheld

    shares["resident"] = live() - before
else:
    before = live()
    import firmware.simulator  # noqa: F401

    shares["resident"] = live() - before
    before = live()
    import umqtt.simple  # noqa: F401

    shares["umqtt"] = live() - before
    from frozen_umqtt import body

    before = live()
    made = body()
    shares["umqtt_objects"] = live() - before
print(json.dumps(shares))
