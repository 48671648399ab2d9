"""Runs the built application of the ESP32 on an imitated chip, in MicroPython: `on_chip.py DIRECTORY`.

DIRECTORY becomes the root of the file system: the device's files, and the application in `app`. Somebody answers two
questionnaires; then the program is stopped, and what the chip holds is printed as JSON.
"""

import json
import sys

import vfs

from tests.esp32_chip import Chip

BLOCK_BYTES = 4096


class Flash:
    """A partition in memory: erased to 0xFF, programming clears bits."""

    def __init__(self, blocks):
        self.cells = bytearray(b"\xff" * BLOCK_BYTES * blocks)

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK_BYTES + offset
        buffer[:] = self.cells[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset):
        at = block * BLOCK_BYTES + offset
        for index in range(len(buffer)):
            self.cells[at + index] &= buffer[index]

    def ioctl(self, operation, argument):
        if operation == 6:
            at = argument * BLOCK_BYTES
            self.cells[at : at + BLOCK_BYTES] = b"\xff" * BLOCK_BYTES
            return 0
        return {4: len(self.cells) // BLOCK_BYTES, 5: BLOCK_BYTES}[operation]


class Stop(BaseException):
    """The power goes."""


class Hand:
    """Presses the outermost left button every two seconds, for so many presses."""

    def __init__(self, chip, pin, presses):
        self.chip, self.pin = chip, pin
        self.presses = presses
        self.screens = []

    def __call__(self):
        number, since_ms = divmod(self.chip.time.now_ms, 2000)
        if number > self.presses:
            raise Stop
        self.chip.down = {self.pin} if 1000 <= since_ms < 1100 else set()
        screen = bytes(self.chip.display.memory)
        if screen not in self.screens:
            self.screens.append(screen)


chip = Chip()
directory = sys.argv[1]
with open(directory + "/pet_id.bin", "rb") as file:  # noqa: PTH123 - MicroPython
    identity = file.read()
chip.partitions = {"journal": Flash(8), "pet_id": Flash(1)}
chip.partitions["pet_id"].cells[: len(identity)] = identity
for name, module in (("machine", chip.machine), ("esp32", chip.esp32), ("network", chip.network), ("time", chip.time)):
    sys.modules[name] = module
vfs.umount("/")
vfs.mount(vfs.VfsPosix(directory), "/")
sys.path[:] = ["/app"]
for name in list(sys.modules):
    if name.split(".")[0] in ("tests", "firmware", "protocol"):
        del sys.modules[name]

from firmware.handheld import run  # noqa: E402

hand = chip.time.on_sleep = Hand(chip, 32, 13)
try:
    run()
    ended = "lacking"
except Stop:
    ended = "power"
flash = chip.partitions["journal"].cells
slots = [bytes(flash[at : at + 32]) for at in range(32, BLOCK_BYTES, 32)]
records = [list(slot[22:28]) for slot in slots if slot[0] == 1]
counters = {key[1]: value for key, value in chip.nvs.items()}
print(json.dumps({"ended": ended, "records": records, "screens": len(hand.screens), "counters": counters}))
