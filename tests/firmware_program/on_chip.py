"""Runs the built application of the ESP32 on an imitated chip, in MicroPython: `on_chip.py DIRECTORY [SECONDS ...]`.

DIRECTORY becomes the vfs partition, in littlefs: the device's files, and the application in `app`. Somebody presses the
outermost left button at these seconds, for a tenth of one; otherwise every two seconds, through two questionnaires. Two
seconds after the last press the power goes, and what the chip holds is printed as JSON. A deep sleep ends the program,
and it starts anew.
"""

import json
import os
import sys

import vfs

from tests.esp32_chip import Chip, DeepSleep

BLOCK_BYTES = 4096
VFS_BLOCKS = 64  # a quarter of the real one: it lies in memory here
DIRECTORY = 0x4000  # as ilistdir says it


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
        return {4: len(self.cells) // BLOCK_BYTES, 5: BLOCK_BYTES}.get(operation, 0)


def littlefs(directory):
    """The vfs partition with the files of this directory."""
    flash = Flash(VFS_BLOCKS)
    vfs.VfsLfs2.mkfs(flash)
    copy = vfs.VfsLfs2(flash)
    vfs.mount(copy, "/copy")
    copy_tree(directory, "/copy")
    vfs.umount("/copy")
    return flash


def copy_tree(source, target):
    for name, kind, *_ in os.ilistdir(source):
        if kind == DIRECTORY:
            os.mkdir(target + "/" + name)  # noqa: PTH102 - MicroPython
            copy_tree(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as file, open(target + "/" + name, "wb") as copy:  # noqa: PTH123
                copy.write(file.read())


class Stop(BaseException):
    """The power goes."""


class Hand:
    """Presses a button at these instants, in ms, and notes what the display has shown."""

    def __init__(self, chip, pin, presses_ms):
        self.chip, self.pin = chip, pin
        self.presses_ms = presses_ms
        self.screens = []

    def __call__(self):
        now_ms = self.chip.time.now_ms
        if now_ms > self.presses_ms[-1] + 2000:
            raise Stop
        pressed = any(at_ms <= now_ms < at_ms + 100 for at_ms in self.presses_ms)
        self.chip.down = {self.pin} if pressed else set()
        screen = bytes(self.chip.display.memory) if self.chip.display.lit else b""
        if screen not in self.screens:
            self.screens.append(screen)


def forget_program():
    """What deep sleep leaves of the modules."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("tests", "firmware", "protocol"):
            del sys.modules[name]


chip = Chip()
directory = sys.argv[1]
with open(directory + "/pet_id.bin", "rb") as file:  # noqa: PTH123 - MicroPython
    identity = file.read()
chip.partitions = {"journal": Flash(8), "pet_id": Flash(1)}
chip.partitions["pet_id"].cells[: len(identity)] = identity
for name, module in (("machine", chip.machine), ("esp32", chip.esp32), ("network", chip.network), ("time", chip.time)):
    sys.modules[name] = module
file_system = vfs.VfsLfs2(littlefs(directory))
vfs.umount("/")
vfs.mount(file_system, "/")
sys.path[:] = ["/app", ".frozen"]
presses_ms = [int(1000 * float(seconds)) for seconds in sys.argv[2:]] or list(range(1000, 31000, 2000))
hand = chip.time.on_sleep = Hand(chip, 32, presses_ms)
starts = 0
ended = ""
while not ended:
    starts += 1
    forget_program()
    from firmware.handheld import run

    try:
        run()
        ended = "lacking"
    except DeepSleep:
        try:
            chip.sleep_through()
        except Stop:
            ended = "power"
    except Stop:
        ended = "power"
flash = chip.partitions["journal"].cells
slots = [bytes(flash[at : at + 32]) for at in range(32, BLOCK_BYTES, 32)]
records = [list(slot[22:28]) for slot in slots if slot[0] == 1]
counters = {key[1]: value for key, value in chip.nvs.items()}
left = {"ended": ended, "starts": starts, "records": records, "screens": len(hand.screens), "counters": counters}
left["naps_s"] = sum(chip.naps) // 1000
print(json.dumps(left))
