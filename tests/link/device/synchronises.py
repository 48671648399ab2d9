"""Syncs the device in a directory so many times, settling what each has fetched; prints how each ended."""

import json
import os
import sys

import umqtt.simple

from firmware.board.sim import Board
from firmware.clock import Clock
from firmware.held import is_pending
from firmware.journal import Journal
from firmware.switching import switch
from firmware.sync import Sync
from protocol.identity import IDENTITY_BYTES_MAX, decode_identity

with open(sys.argv[1]) as file:
    run = json.load(file)
board = Board(run["directory"], None, True)
board.tell = lambda *_, **__: None
area = bytearray(IDENTITY_BYTES_MAX)
board.flash("pet_id").readblocks(0, area, 0)
identity = decode_identity(bytes(area))


class Device:
    """What a sync asks of the application."""

    def __init__(self):
        self.board = board
        self.identity = identity
        self.journal = Journal(board.flash("journal"), identity.device_id, board.random)
        self.clock = Clock(board)
        self.kept = None
        self.stored_through = 0
        self.ahead = None


device = Device()
for _ in range(run["syncs"]):
    progress = []
    begun_ms = board.ticks_ms()
    result = Sync(device, umqtt.simple, lambda done, _, kept=progress: kept.append(done)).run()
    took_ms = board.ticks_diff(board.ticks_ms(), begun_ms)
    again = is_pending(board.files) and switch(board)
    print(
        json.dumps(
            {
                "delivered": result.delivered,
                "waiting": result.waiting,
                "error": result.error,
                "progress": progress,
                "took_ms": took_ms,
                "again": bool(again),
                "files": sorted(os.listdir(board.files)),
            }
        )
    )
