"""All modules of the device stay loaded, for speed: what it keeps in memory between its phases is judged elsewhere."""

import select

import umqtt.simple  # noqa: F401 - and what follows: loaded before a device starts

import firmware.application
import firmware.asking
import firmware.between
import firmware.board.joining
import firmware.board.stream
import firmware.conversation
import firmware.failures
import firmware.greeting
import firmware.handing
import firmware.held
import firmware.journal_mount
import firmware.journal_reading
import firmware.journal_writing
import firmware.lacking
import firmware.meeting
import firmware.opening
import firmware.phases
import firmware.readying
import firmware.schedule
import firmware.shelf
import firmware.slots
import firmware.staff_screens
import firmware.sync
import firmware.visit
from firmware import main, memory

POLL_REQUEST = 3  # of a stream's ioctl


class Memory:
    """In place of gc: collecting at each phase is for a heap of 56 kwords."""

    @staticmethod
    def collect():
        pass

    @staticmethod
    def threshold(_):
        pass


class Poller:
    """In place of select.poll, which sleeps for a real millisecond between two looks at sockets made in Python."""

    def __init__(self):
        self.events = None

    def register(self, raw, events):
        self.raw, self.events = raw, events

    def unregister(self, raw):
        self.events = None

    def poll(self, timeout_ms):
        ready = self.raw.ioctl(POLL_REQUEST, self.events)
        return [(self.raw, ready)] if ready else []


class Select:
    """The module, for firmware.board.stream."""

    poll = Poller
    POLLIN, POLLOUT = select.POLLIN, select.POLLOUT
    POLLERR, POLLHUP = select.POLLERR, select.POLLHUP


def stay_loaded():
    """No phase collects what the one before has left."""
    memory.gc = main.gc = firmware.opening.gc = Memory
    firmware.shelf.forget = lambda name: None
    firmware.board.stream.select = Select
