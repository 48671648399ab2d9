"""A device with two slots on a real littlefs over a flash that can be cut, and counters that can be cut too.

For MicroPython only. Version 1 runs from slot a; `start` is a start after whatever happened, and proves that what it
starts is a whole application, of a version that was put there.
"""

import os
import sys
from binascii import hexlify

import vfs

from firmware.board.faulty_nor import FaultyFlash, PowerCut
from firmware.slots import version_in
from firmware.starter import choose
from firmware.update import APPLICATION_NEW, UpdateError, install
from tests.firmware.archives import FILES, SEED, public_key

ROOT = "/updated"
BLOCKS = 48
BLOCK_BYTES = 1024  # a quarter of the chip's: more operations to cut, and less to copy
OLD_FILES = (("firmware/one.mpy", b"old" * 100), ("gone/deep/three.mpy", b"old"))
CONTENTS = {1: OLD_FILES, 2: FILES}


class Device:
    """`image`, `counters`: what a device that lost power had kept."""

    def __init__(self, image=None, counters=None, blocks=BLOCKS):
        self.files = ROOT
        self.base = "MicroPython 1.26.1 sim"
        self.counters = dict(counters or {})
        self.cut_counter = -1  # the store, counted from 0, in which the power goes
        self.cut_before = False
        self.stores = 0
        self.fed = 0
        self.when_fed = None
        self.flash = FaultyFlash(None, blocks, BLOCK_BYTES)
        if image is None:
            vfs.VfsLfs2.mkfs(self.flash)
        else:
            self.flash.restore(image)

    # --- what update, slots and starter use of a board

    def levels(self):
        self.fed += 1
        if self.when_fed:
            self.when_fed()
        return 0

    def load_counter(self, name):
        return self.counters.get(name, 0)

    def store_counter(self, name, value):
        assert 0 <= value < 1 << 31
        assert len(name) <= 15
        cut = self.stores == self.cut_counter
        self.stores += 1
        if not (cut and self.cut_before):
            self.counters[name] = value
        if cut:
            self.flash._off = True
            raise PowerCut("in a counter")

    # --- the bench

    def mounted(self, action):
        """What `action` returns, with the flash mounted; the power may go in it."""
        vfs.mount(vfs.VfsLfs2(self.flash), ROOT)
        try:
            return action()
        finally:
            vfs.umount(ROOT)

    def provision(self, keys=None):
        """Version 1 in slot a, proven, and the key of SEED."""
        for name, content in OLD_FILES:
            make_directories(ROOT + "/a/" + name)
            write(ROOT + "/a/" + name, content)
        write(ROOT + "/a/release", b"1 0.1")
        write(ROOT + "/slot", b"a")
        write(ROOT + "/release.pub", hexlify(public_key(SEED)) + b"\n" if keys is None else keys)
        write(ROOT + "/questionnaire.pkg", b"asks")
        self.counters["app_version"] = 1

    def deliver(self, archive):
        write(ROOT + APPLICATION_NEW, archive)

    def start(self, ended_badly=False):
        """(version, slot) of what a start runs, proven whole."""
        slot, _ = choose(ROOT, self.load_counter, self.store_counter, ended_badly)
        assert slot, "nothing to start"
        version = version_in(ROOT, slot)
        assert self.is_whole(slot, version), (slot, version)
        assert read(ROOT + "/questionnaire.pkg") == b"asks"
        return version, slot

    def is_whole(self, slot, version):
        return all([read(ROOT + "/" + slot + "/" + name) == content for name, content in CONTENTS[version]])

    def install(self, slot="a"):
        """What `install` returns, or the words of its refusal, run by the application of this slot."""
        sys.path.insert(0, ROOT + "/" + slot)
        try:
            return install(self, ROOT + APPLICATION_NEW)
        except UpdateError as refusal:
            return str(refusal)
        finally:
            sys.path.pop(0)

    def as_running(self, slot, call):
        sys.path.insert(0, ROOT + "/" + slot)
        try:
            return call(self)
        finally:
            sys.path.pop(0)


def make_directories(path):
    for at in range(len(ROOT) + 1, len(path)):
        if path[at] == "/" and not exists(path[:at]):
            os.mkdir(path[:at])


def exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def provisioned(archive=None, **options):
    """A device with version 1, and with this archive, if any, waiting."""
    device = Device(**options)

    def fill():
        device.provision()
        if archive is not None:
            device.deliver(archive)

    device.mounted(fill)
    return device


def tree(path=ROOT):
    """Every file below and its content."""
    found = {}
    for name in os.listdir(path):
        below = path + "/" + name
        if os.stat(below)[0] & 0x4000:
            found.update(tree(below))
        else:
            found[below[len(ROOT) :]] = read(below)
    return found
