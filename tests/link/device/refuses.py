"""Syncs a provisioned device once for each entry of `runs`, then reads the staff screens; prints what they say.

`clock`: the PET time that the device has from its server; without it the device comes from the factory, in 2000.
"""

import json
import sys

from firmware import conversation
from firmware.application import TO_STAFF
from firmware.board import sim
from firmware.main import start
from firmware.memory import loaded
from firmware.staff_screens import MARGIN, PITCH, wrapped
from protocol.screen import HEIGHT, WIDTH

REPLY_TIMEOUT_MS = 300  # nobody stands behind this broker
NEXT = 5  # the button that turns the pages of the status


class Board(sim.Board):
    """Notes what its clock said when TLS was about to begin."""

    def network(self, *arguments):
        self.rtc_of_tls = self.rtc_seconds()
        return super().network(*arguments)


def run_once(run):
    conversation.REPLY_TIMEOUT_MS = REPLY_TIMEOUT_MS
    board = Board(run["directory"], None, True)
    board.rtc_of_tls = None
    board.tell = lambda *_, **__: None
    rtc = board.rtc_seconds()
    application = start(board, loaded())
    if run.get("clock"):
        application.clock.set_from_server(run["clock"])
    result = application.sync_now()
    application._next = TO_STAFF, 1
    application.step()
    menu = application._phase._menu
    first = menu.view(0)[2]
    menu.press(NEXT, board.ticks_ms())
    words = menu.view(0)[2]
    rows = len(wrapped(words, WIDTH - 2 * MARGIN))
    return {
        "error": result.error,
        "first": first.split("\n")[-1],
        "words": words,
        "fits": rows <= HEIGHT // PITCH,
        "rtc": rtc,
        "rtc_of_tls": board.rtc_of_tls,
    }


with open(sys.argv[1]) as file:
    settings = json.load(file)
for run in settings["runs"]:
    print(json.dumps(run_once(run)))
