"""Acks that are held in memory while batches go up: whatever ends a sync, nothing is lost, doubled, or acked too far.

A sync is ended at every moment by a press, by the line, by want of memory and by loss of power, on a ring that goes
round many times. What counts is what a start would find on the flash afterwards, and what the server has.
"""

import random

import firmware.handing
import firmware.journal_reading
import firmware.outbox
import firmware.shelf  # loaded before a device starts, so that it stays in memory and can be replaced
from firmware.board.faulty_nor import FaultyFlash, PowerCut
from firmware.handing import RECORDS
from firmware.journal import Journal
from firmware.journal_errors import Full
from firmware.sync_result import SyncResult
from tests.link.handheld import Handheld, settings
from tests.link.wire import Wire

WAITING = 2 * RECORDS + 20  # three batches
STEP_BYTES = 211  # of the line, between two moments at which it fails
SEEDS = 6
STEPS = 60


class Shaky(Handheld):
    """`hang_up_after`: the bytes after which the line is gone. -1: never."""

    def __init__(self):
        self.hang_up_after = -1
        super().__init__()
        self.write("/settings.json", settings())

    def _make_socket(self):
        wire = super()._make_socket()
        if self.hang_up_after >= 0:
            self.wires[-1] = wire = Wire(self.ticks, self.broker, hang_up_after=self.hang_up_after)
        return wire

    def sync(self):
        """As the application does: where memory is too short even to take the journal out again, once more."""
        try:
            return super().sync()
        except MemoryError:
            firmware.shelf.take_out(self)
            return SyncResult(0, 0, "not enough memory", False, True, 0)

    def on_flash(self):
        """The journal that a start would find now."""
        copy = FaultyFlash(None, self.nor.blocks, self.nor.block_bytes)
        copy.restore(self.nor.image())
        return Journal(copy)

    def check(self):
        """After a sync that had power to its end."""
        assert self.kept is None and self.journal, "it has its journal again"
        found = self.on_flash()
        assert found.last_sequence == self.journal.last_sequence
        assert found.acked_through <= self.journal.acked_through <= self.server.stored_through
        return found


def waiting():
    handheld = Shaky()
    handheld.answer(WAITING)
    return handheld


def finishes(handheld):
    """Without another fault the rest arrives, and the server has each once, in order."""
    handheld.hang_up_after = handheld.pressed_after = -1
    assert handheld.sync().error is None
    assert handheld.check().acked_through == handheld.journal.last_sequence == handheld.server.stored_through
    assert sorted(handheld.server.records) == list(range(1, handheld.journal.last_sequence + 1))


def failing(place, name, call, error):
    """`place.name` raises `error` at this call of it; the function that puts it back."""
    whole = getattr(place, name)
    calls = [0]

    def function(*arguments, **named):
        calls[0] += 1
        if calls[0] == call:
            raise error
        return whole(*arguments, **named)

    setattr(place, name, function)

    def mend():
        setattr(place, name, whole)
        return calls[0] >= call

    return mend


def test_a_press_at_any_moment_costs_no_ack():
    kept = set()
    for looks in range(2, 400):  # a button that is down from the first look on is stuck
        handheld = waiting()
        handheld.pressed_after = looks
        if handheld.sync().error is None:
            break
        kept.add(handheld.check().acked_through)
        assert handheld.on_flash().acked_through == handheld.journal.acked_through
        finishes(handheld)
    else:
        raise AssertionError("it was never left to finish")
    assert kept >= {0, RECORDS, 2 * RECORDS}, kept


def test_a_line_that_goes_at_any_moment_costs_no_ack():
    kept = set()
    for passed in range(0, 20000, STEP_BYTES):
        handheld = waiting()
        handheld.hang_up_after = passed
        if handheld.sync().error is None:
            break
        kept.add(handheld.check().acked_through)
        assert handheld.on_flash().acked_through == handheld.journal.acked_through
        finishes(handheld)
    assert kept >= {0, RECORDS, 2 * RECORDS}


def test_want_of_memory_anywhere_leaves_a_device_that_goes_on():
    firmware.shelf.forget, forget = (lambda name: None), firmware.shelf.forget
    from firmware.journal import Journal  # as it is in memory now, and stays

    try:
        for place, name, lost in (
            (firmware.outbox.Outbox, "take", False),
            (firmware.handing, "batch", False),
            (firmware.journal_reading.Waiting, "records", False),
            (Journal, "__init__", False),
            (Journal, "acknowledge", True),  # the mark itself could not be written
        ):
            for call in range(1, 100):
                handheld = waiting()
                mend = failing(place, name, call, MemoryError())
                result = handheld.sync()
                if not mend():
                    break
                assert result.restart, (name, call)
                found = handheld.check()
                assert lost or found.acked_through == handheld.journal.acked_through, (name, call)
                finishes(handheld)
            assert call > 1, name
    finally:
        firmware.shelf.forget = forget


def test_the_power_goes_at_every_operation_of_the_journal():
    for waits in (WAITING, 239):  # 239: the ring is full
        for operation in range(100):
            handheld = Shaky()
            handheld.answer(min(waits, handheld.journal.free_slots))
            handheld.nor.cut_after(operation, operation % 3)
            try:
                handheld.sync()
            except PowerCut:
                handheld.nor.power_on()
                handheld.restart()
                assert handheld.journal.acked_through <= handheld.server.stored_through
                finishes(handheld)
            else:
                break
        assert operation > 0


def test_rings_that_go_round_under_all_of_it_at_once():
    for seed in range(SEEDS):
        random.seed(seed)
        handheld = Shaky()
        for _ in range(STEPS):
            fill(handheld, random.choice((1, 30, 150, 500)))
            fault = random.randrange(5)
            handheld.pressed_after = random.randrange(1, 120) if fault == 1 else -1
            handheld.hang_up_after = random.randrange(9000) if fault == 2 else -1
            if fault == 3:
                handheld.nor.cut_after(random.randrange(4), random.randrange(32))
            if fault == 4 and handheld.server.stored_through:
                handheld.server.restore(random.randrange(handheld.server.stored_through))
                continue
            highest = max(handheld.server.stored_through, handheld.journal.acked_through)
            try:
                handheld.sync()
            except PowerCut:
                handheld.nor.power_on()
                handheld.restart()
            handheld.nor.power_on()  # whether the cut has come or not
            if not random.randrange(4):
                handheld.restart()
            highest = max(highest, handheld.server.stored_through)
            assert handheld.journal.acked_through <= highest, seed
        handheld.hang_up_after = handheld.pressed_after = -1
        assert handheld.sync().error is None, seed
        last = handheld.journal.last_sequence
        assert handheld.server.stored_through == last > 500, seed
        known = set(handheld.server.records) | handheld.server.gaps
        assert known == set(range(1, last + 1)), seed


def fill(handheld, count):
    for _ in range(count):
        try:
            handheld.answer(1)
        except Full:
            return
