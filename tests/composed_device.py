"""The application composed as on a device, over flash in memory and a clock that tests move. For MicroPython only."""

import os
from binascii import hexlify
from json import dumps

from firmware.board import sim
from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Journal
from firmware.main import start
from firmware.memory import loaded
from protocol.identity import Identity, encode_identity
from protocol.record import decode_record
from tests.dots import dotted_package

IDENTITY = Identity("PET-0042", 42, 1, bytes(range(32)), "password")
OPTION_COUNTS = (5, 5, 3)
NOW = 220000000
NEVER_S = 10**9
READ_MS = 2000


class Board(sim.Board):
    """Remembers what was shown and told, and what a power cut at that moment would have left on the flash."""

    def __init__(self, directory, journal):
        super().__init__(directory, NOW, True)
        self.journal = journal
        self.pet_id = FaultyFlash(None, 1)
        self.pet_id.restore(encode_identity(IDENTITY))
        self.shown = []
        self.told = []
        self.kept_when_thanked = []

    def flash(self, label):
        return self.journal if label == "journal" else self.pet_id

    def show(self, name):
        self.shown.append(name)
        if name == "thanks":
            self.kept_when_thanked.append(len(records(self.journal)))

    def tell(self, event, **fields):
        self.told.append(event)
        if event == "thanked":
            self.kept_when_thanked.append(len(records(self.journal)))


class Device:
    """A composed application and the finger that presses its buttons."""

    def __init__(self, blocks=16, flash=None, **settings):
        directory = (os.getenv("TMPDIR") or "/tmp") + "/device-" + hexlify(os.urandom(8)).decode()
        os.mkdir(directory)
        os.mkdir(directory + "/vfs")
        fields = {"broker": {"host": "broker.example", "port": 8883}, "sync_every_s": NEVER_S, "sync_backlog": NEVER_S}
        fields["sleep_after_s"] = 0
        fields.update(settings)
        package = dotted_package(OPTION_COUNTS)
        for name, data in (("settings.json", dumps(fields).encode()), ("questionnaire.pkg", package)):
            with open(directory + "/vfs/" + name, "wb") as file:
                file.write(data)
        self.board = Board(directory, flash or FaultyFlash(None, blocks, 512))
        self.start()
        self.application.clock.set_from_server(NOW)

    def start(self):
        """Anew, as after a sleep; after a loss of power when the clock is not retained."""
        self.application = start(self.board, loaded())
        self.wait(0)

    def wait(self, duration_ms):
        end_ms = self.board.ticks_ms() + duration_ms
        while self.board.ticks_ms() < end_ms:
            pause_ms = self.application.step()
            self.board.pass_time(max(1, min(pause_ms, end_ms - self.board.ticks_ms())))
        self.application.step()

    def press(self, button, after_ms=READ_MS):
        self.board.push(button, sim.PRESS_MS)
        self.wait(after_ms)

    def answer(self, *buttons):
        self.press(3)
        self.press(3)  # the promise
        for button in buttons:
            self.press(button)

    def journal(self):
        return self.application.journal


def records(flash):
    """What a device that starts now would find: a journal mounted on a copy of the flash."""
    copy = FaultyFlash(None, flash.blocks, flash.block_bytes)
    copy.restore(flash.image())
    journal = Journal(copy, IDENTITY.device_id, lambda count: b"\x07" * count)
    return [decode_record(data) for _, data in journal.records(1, 1000)]
