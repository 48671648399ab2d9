"""The handheld as a program: what /main.py on a device calls. Not yet run on hardware.

A device that lacks a part says so on its screen and leaves the console to a technician.
"""

from firmware.application import StartError
from firmware.board.esp32 import Board
from firmware.memory import forget_since, loaded

STEP_MS_MAX = 60000  # the longest wait between two looks at the schedule; ticks cannot say more than six days


def run() -> None:
    """Until the power goes. Between two steps it only looks at the buttons."""
    board = Board()
    before = loaded()
    from firmware.shelf import resident

    kept = resident(before)
    del resident, before
    from firmware.main import start

    try:
        application = start(board, kept)
    except StartError as lacking:
        board.tell("lacking", reason=str(lacking))
        return
    del start
    forget_since(kept)
    board.tell("ready", waiting=application.waiting())
    board.watch()
    while True:
        board.wait(min(application.step(), STEP_MS_MAX))
