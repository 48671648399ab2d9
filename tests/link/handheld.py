"""A device whose syncs run in memory: real files on a real littlefs whose power can be cut at any operation.

Real umqtt over a broker in memory, real seals, a real journal; virtual time. For MicroPython only.
"""

import os
from hashlib import sha256
from json import dumps

import umqtt.simple
import vfs

from firmware.board.deadline import Network
from firmware.board.faulty_nor import FaultyFlash
from firmware.clock import Clock as DeviceClock
from firmware.held import is_pending
from firmware.journal import Journal
from firmware.switching import switch
from firmware.sync import Sync
from protocol.identity import Identity
from protocol.messages import Item
from protocol.package import pack_package
from protocol.record import KIND_RESPONSE, Record, encode_payload
from protocol.screen import SCREEN_TEXTS
from tests.link.wire import PUBLISH, Broker, Clock, Wire, at_once, message
from tests.server_end import ServerEnd

IDENTITY = Identity("PET-0007", 7, 3, bytes(range(32)), "password")
NOW = 220000000
MOUNTED = "/disk"
BLOCK_BYTES = 512
BLOCKS = 192
ERASE = 6
EIO = 5
AUTHORITY = "MIIBuw=="  # enough of a certificate for a network without TLS


class PowerCut(OSError):  # noqa: N818 - no error of ours
    """The power is gone: nothing more is kept."""


class Disk:
    """A block device in memory. `cut_after`: operations that still happen; the one after them is done by half."""

    def __init__(self, cells=None):
        self.cells = cells or bytearray(b"\xff" * (BLOCK_BYTES * BLOCKS))
        self.operations = 0
        self.cut_after = -1
        self.dead = False

    def spend(self):
        """Whether there is power for the whole of an operation."""
        self.dead = self.dead or self.operations == self.cut_after
        self.operations += 1
        return not self.dead

    def readblocks(self, block, buffer, offset=0):
        if self.dead:
            return -EIO
        at = block * BLOCK_BYTES + offset
        buffer[:] = self.cells[at : at + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        if self.dead:
            return -EIO
        length = len(buffer) if self.spend() else len(buffer) // 2 * (self.operations % 2)  # by half, or not at all
        at = block * BLOCK_BYTES + offset
        self.cells[at : at + length] = buffer[:length]
        return -EIO if self.dead else 0

    def ioctl(self, operation, argument):
        if operation == ERASE:
            if self.dead or not self.spend():
                return -EIO
            self.cells[argument * BLOCK_BYTES : (argument + 1) * BLOCK_BYTES] = b"\xff" * BLOCK_BYTES
            return 0
        return {4: BLOCKS, 5: BLOCK_BYTES}.get(operation, 0)

    def surviving(self):
        """The same flash for a device that starts again. Files that the old one left open reach it no more."""
        self.dead = True
        return Disk(self.cells)


class AnsweringBroker(Broker):
    """Hands what is published to the server's end, and its replies to the device."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.silent = False

    def _answer(self, first, body):
        answer = super()._answer(first, body)
        if first >> 4 != PUBLISH:
            return answer
        topic, payload = self.published.pop()
        answer = b"\x40\x02" + body[2 + len(topic) : 4 + len(topic)]
        if not self.silent:
            for name, reply in self.server.take(topic.decode(), payload):
                answer += message(name, reply)
        return answer


class Handheld:
    """A device and its server. `restart` is a start after a loss of power: only files, counters and journal are left.

    It is its own board: what `firmware.board.interface` asks for, as far as a sync does.
    """

    def __init__(self):
        self.disk = Disk()
        self.counters = {}
        self.nor = FaultyFlash(None, 16, 512)
        self.server = ServerEnd(IDENTITY, NOW)
        self.broker = AnsweringBroker(self.server)
        self.base = "test"
        self.files = MOUNTED
        self.told = []
        self.progress = []
        self.memory_short = False
        self.pressed_after = -1  # looks at the buttons
        self.unreachable = ""  # a broker's name
        self.valid = (0, 1 << 30)  # the server's certificate
        self.wires = []
        self.reached = []  # the broker's name of each connection
        vfs.VfsLfs2.mkfs(self.disk)
        self.restart()

    def restart(self, cut_after=-1):
        """With power for so many operations of the file system and the counters; -1: no end of it."""
        if MOUNTED[1:] in os.listdir("/"):
            vfs.umount(MOUNTED)
        self.disk = self.disk.surviving()
        vfs.mount(vfs.VfsLfs2(self.disk), MOUNTED)
        self.disk.operations = 0
        self.disk.cut_after = cut_after
        self.ticks = Clock()
        self.rtc = NOW
        self.retained_clock = b""
        self.clock = None  # made by the first sync
        self.board = self
        self.identity = IDENTITY
        self.kept = None  # of a journal that is put away, and of a clock
        self.stored_through = 0
        self.ahead = None
        self.journal = Journal(self.nor, IDENTITY.device_id, lambda count: b"JOURNAL1"[:count])
        self.broker.topics = []

    def write(self, name, data):
        with open(MOUNTED + name, "wb") as file:
            file.write(data)

    def read(self, name):
        """The file's bytes; None when there is none."""
        try:
            with open(MOUNTED + name, "rb") as file:
                return file.read()
        except OSError:
            return None

    def answer(self, count):
        for _ in range(count):
            number = self.journal.last_sequence + 1
            self.journal.append(encode_payload(Record(KIND_RESPONSE, 0, 9, 0, 1, number, 0, 0, 0, 0, 0, 3, (1, 2))))

    def sync(self):
        """One sync, and what follows it, as the application does; whatever the power allows."""
        self.broker.topics = []
        self.clock = self.clock or DeviceClock(self)
        self.tries = 0
        progress = self.progress.append
        result = Sync(self, umqtt.simple, lambda done, total: progress((done, total))).run()
        self.settle()
        return result

    def settle(self):
        return is_pending(self.files) and switch(self)

    # --- the board

    def flash(self, label):
        assert label == "journal"
        return self.nor

    def levels(self):
        if self.pressed_after > 0:
            self.pressed_after -= 1
        return 1 if self.pressed_after == 0 else 0

    def ticks_ms(self):
        return self.ticks.ticks_ms()

    def ticks_add(self, ticks, delta_ms):
        return self.ticks.ticks_add(ticks, delta_ms)

    def ticks_diff(self, later, earlier):
        return self.ticks.ticks_diff(later, earlier)

    def rtc_seconds(self):
        return self.rtc

    def set_rtc(self, instant):
        self.rtc = instant

    def retained(self, part):
        assert part == "clock"
        return self.retained_clock

    def retain(self, part, data):
        assert part == "clock"
        self.retained_clock = data

    def load_counter(self, name):
        assert len(name) <= 15, "a key of the ESP32's store"
        return self.counters.get(name, 0)

    def store_counter(self, name, value):
        assert len(name) <= 15
        if self.disk.dead or not self.disk.spend():
            raise PowerCut
        self.counters[name] = value

    def random(self, count):
        return os.urandom(count)

    def battery_mv(self):
        return 0

    def memory_is_short(self):
        return self.memory_short

    def network_up(self, wifi, _):
        self.wifi = wifi

    def network_down(self, proved):
        self.proved = proved

    def network(self, authorities, server_name, interrupted):
        assert authorities
        self.reached.append(server_name)
        return Network(authorities, server_name, self.ticks, interrupted, at_once, self._make_socket, self._secure)

    def _secure(self, raw, *_):
        """In place of TLS, whose dates are looked at by this clock."""
        self.tries += 1
        if self.rtc < self.valid[0]:
            raise ValueError("\nThe certificate validity starts in the future\n")
        if self.rtc > self.valid[1]:
            raise ValueError("\nThe certificate validity has expired\n")
        return raw

    def _make_socket(self):
        self.broker._pending = bytearray()
        self.wires.append(Wire(self.ticks, self.broker, refuses_connect=self.reached[-1] == self.unreachable))
        return self.wires[-1]

    def tell(self, event, **fields):
        self.told.append((event, fields))


def settings(host="broker.example", **fields):
    """The bytes of settings that a device can use."""
    given = {"broker": {"host": host, "port": 8883}, "ca": [AUTHORITY]}
    given.update(fields)
    return dumps(given).encode()


def package(reference, kind="patients", bytes_of_pictures=1):
    """A questionnaire of one question, all its pictures one dark pixel."""
    dot = [0, 1, 1]
    options = [{"label": dot, "face": face} for face in (1, 5)]
    language = {"number": 0, "code": "en", "name": dot, "questions": [{"text": dot, "options": options}]}
    language["texts"] = dict.fromkeys(SCREEN_TEXTS, dot)
    index = {"reference": reference, "kind": kind, "title": "Beds", "languages": [language]}
    return pack_package(dumps(index).encode(), bytes([reference & 255]) * bytes_of_pictures)


def texts(count):
    dot = [0, 1, 1]
    index = {"texts": [{"language": 0, "picture": dot}] * count}
    return pack_package(dumps(index).encode(), b"\x80")


def desire(server, revision, *items):
    """Let the server want these (kind, number, bytes)."""
    wanted = []
    for kind, number, data in items:
        digest = sha256(data).digest()
        server.packages[digest] = data
        wanted.append(Item(kind, number, revision, len(data), digest))
    server.revision = revision
    server.items = wanted
