"""How long from a button going down to a changed screen, on the host's clock: PASSES of the device in a directory.

Debouncing, drawing, and for the last press of a pass the record on flash, read back, are all in it.
"""

import json
import sys
import time

from firmware.board import sim
from firmware.main import start
from firmware.memory import loaded

PASSES_UNTIL_NOW = 3  # a device that has just started compiles and loads
BEGIN_AND_PROMISE = 2
DOWN_MS = 50
PAUSE_MS = 200  # let go, and the fingers' way to the next button: a question has been on the screen for SEEN_MS
UNSEEN_MS = 2000  # on a busy machine a press may fall between two looks: it is made again, and only then counted


class Board(sim.Board):
    """Notes when the screen last changed, and what is told."""

    def __init__(self, directory):
        super().__init__(directory, None, True)
        self.shown_us = 0
        self.thanked = 0

    def show(self, name):
        super().show(name)
        self.shown_us = time.ticks_us()

    def tell(self, event, **fields):
        self.thanked += event == "thanked"


def press(board, application, button):
    """Microseconds from the button going down until the screen changed."""
    shown_us = board.shown_us
    began_us = time.ticks_us()
    board.push(button, DOWN_MS)
    took_us = None
    while took_us is None or time.ticks_diff(time.ticks_us(), began_us) < 1000 * PAUSE_MS:
        pause_ms = application.step()
        if took_us is None and board.shown_us != shown_us:
            took_us = time.ticks_diff(board.shown_us, began_us)
        board.pass_time(5 if pause_ms < 0 else min(5, pause_ms))
        if took_us is None and time.ticks_diff(time.ticks_us(), began_us) > 1000 * UNSEEN_MS:
            return press(board, application, button)
    return took_us


def main(directory, passes):
    board = Board(directory)
    application = start(board, loaded())
    application.step()
    questions = len(application._phase._questionnaire.option_counts)
    ordinary, last = [], []
    for number in range(passes):
        thanked = board.thanked
        figures = [press(board, application, 2 + index % 2) for index in range(BEGIN_AND_PROMISE)]
        for _ in range(questions):
            option = application.button_of(1)
            figures.append(press(board, application, option))
            figures.append(press(board, application, 4 if option != 4 else 2))  # on with it, before the word has gone
        assert board.thanked == thanked + 1
        if number >= PASSES_UNTIL_NOW:
            last.append(figures.pop())
            ordinary += figures
        press(board, application, 3)
    print(json.dumps({"press": ordinary, "last": last}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
