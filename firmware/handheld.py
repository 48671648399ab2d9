"""The handheld as a program: what /main.py on a device calls. Not yet run on hardware.

A device that lacks a part says so on its screen and leaves the console to a technician.
"""

from firmware.board.esp32 import Board
from firmware.main import StartError, start

STEP_MS_MAX = 60000  # the longest wait between two looks at the schedule; ticks cannot say more than six days


def run() -> None:
    """Until the power goes. Between two steps it only looks at the buttons."""
    board = Board()
    try:
        application = start(board)
    except StartError as lacking:
        board.tell("lacking", reason=str(lacking))
        return
    board.tell("ready", **application.facts())
    while True:
        board.wait(min(application.step(), STEP_MS_MAX))
