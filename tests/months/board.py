"""The board of the months: the simulated one with counters, flash and network in memory, and power that can go.

Its clock drifts, as an uncalibrated RTC does. `true_s` is what time it really is, which no part of the device knows.
"""

import os
from binascii import hexlify
from json import dumps

from firmware.board import sim
from firmware.board.deadline import Network
from firmware.board.faulty_nor import FaultyFlash, PowerCut
from protocol.identity import Identity, encode_identity
from tests.dots import dotted_package
from tests.link.wire import at_once, plain

IDENTITY = Identity("PET-0042", 42, 1, bytes(range(32)), "password")
OPTION_COUNTS = (5, 3)
REFERENCE = 7
BEGIN = 220000000  # PET time, in December 2026
AUTHORITY = "MIIBuw=="  # enough of a certificate for a network without TLS
BLOCKS = 24  # a small ring, so that it is gone round again and again: 360 slots, three days of answers and a half
BLOCK_BYTES = 512
PARTS_PER_MILLION = 1000000
SETTINGS = {
    "broker": {"host": "broker.example", "port": 8883, "address": "192.0.2.1"},
    "ca": [AUTHORITY],
    "sync_every_s": 3600,
    "sync_backlog": 20,
    "sleep_after_s": 60,
}


class Board(sim.Board):
    """`drift`: of its RTC, in parts per million. `air`: what makes sockets, and fails to (tests/months/air.py)."""

    def __init__(self, drift, sampler):
        directory = (os.getenv("TMPDIR") or "/tmp") + "/months-" + hexlify(os.urandom(8)).decode()
        os.mkdir(directory)
        os.mkdir(directory + "/vfs")
        package = dotted_package(OPTION_COUNTS, REFERENCE)
        for name, data in (("settings.json", dumps(SETTINGS).encode()), ("questionnaire.pkg", package)):
            with open(directory + "/vfs/" + name, "wb") as file:
                file.write(data)
        self._drift = drift
        self._sampler = sampler
        self._counters = {}
        self.journal = FaultyFlash(None, BLOCKS, BLOCK_BYTES)
        self._pet_id = FaultyFlash(None, 1)
        self._pet_id.restore(encode_identity(IDENTITY))
        self.air = None
        self.told = None  # called with each event and its fields
        self.set_at = None  # called when the RTC is set
        super().__init__(directory, BEGIN, True)
        self.lose_power()

    def true_s(self):
        return BEGIN + self._virtual_ms // 1000

    def true_ms(self):
        return self._virtual_ms

    def lose_power(self, also=True):
        """Files, counters and journal are left. `also`: RTC and what it retains go too, else only what was shown."""
        self.journal.power_on()
        self._presses = []
        self._wakes_ms = None
        self._woken_by = 0
        self.framebuffer.fill(0)
        if also:
            self._retained = b""
            self.brown_out()

    def brown_out(self):
        """The RTC starts again, under its memory."""
        self._offset_s = sim.POWER_ON_RTC - self._host_seconds()

    def _host_seconds(self):
        ms = self._virtual_ms or 0
        return (ms + ms * self._drift // PARTS_PER_MILLION) // 1000

    def set_rtc(self, instant):
        super().set_rtc(instant)
        if self.set_at:
            self.set_at()

    def flash(self, label):
        return self.journal if label == "journal" else self._pet_id

    def load_counter(self, name):
        return self._counters.get(name, 0)

    def store_counter(self, name, value):
        if self.air and self.air.power_fails():
            raise PowerCut("in a write of a counter")
        self._counters[name] = value

    def random(self, count):
        return bytes([self._sampler.below(256) for _ in range(count)])

    def show(self, name):
        self.shown = name

    def tell(self, event, **fields):
        if self.told:
            self.told(event, fields)

    def network_up(self, wifi, timeout_ms):
        self.air.come_up()

    def network(self, authorities, server_name, interrupted):
        assert authorities
        return Network(authorities, server_name, self, interrupted, at_once, self.air.make_socket, plain)
