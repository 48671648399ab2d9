"""Puts journal and clock away for the steps of a sync that do not need them: a few numbers in place of their code."""

from collections import namedtuple

from firmware.memory import forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.application import Application

# Of a journal that is put away: what a status says of it, and what tells an ack that counts
Facts = namedtuple(
    "Facts", ("journal_id", "acked_through", "last_sequence", "oldest_readable", "free_slots", "capacity")
)


def resident(before: "set[str]") -> "set[str]":
    """The modules of all phases: those loaded `before`, and what only a connection lets go of for a while."""
    from firmware.clock import CLOCK_MODULE
    from firmware.journal import JOURNAL_MODULE
    from firmware.journal_ring import RING_MODULE

    return before | {CLOCK_MODULE, JOURNAL_MODULE, RING_MODULE}


def put_journal_away(device: "Application") -> Facts:
    """Its place knows nothing but these facts until it is taken out again. Nobody else may hold it."""
    from firmware.journal import JOURNAL_MODULE
    from firmware.journal_ring import RING_MODULE

    journal = device.journal
    facts = Facts(
        journal.journal_id,
        journal.acked_through,
        journal.last_sequence,
        journal.oldest_readable,
        journal.free_slots,
        journal.capacity,
    )
    device.kept = journal.state()
    device.stored_through = 0
    # Not `del`: MicroPython takes the name out of an object's table, and leaves what it stood for in there.
    device.journal = None  # type: ignore[assignment]
    del journal
    forget(JOURNAL_MODULE)
    forget(RING_MODULE)
    return facts


def put_clock_away(device: "Application") -> None:
    """What it knows is kept in the RTC's memory, but for one thing."""
    from firmware.clock import CLOCK_MODULE

    device.ahead = device.clock.ahead
    device.clock = None  # type: ignore[assignment]
    forget(CLOCK_MODULE)


def take_out_journal(device: "Application") -> None:
    """It goes on where it was, and keeps on flash what the server has acked meanwhile."""
    from firmware.journal import Journal

    device.journal = Journal(device.board.flash("journal"), state=device.kept)
    device.kept = None
    device.journal.acknowledge(device.stored_through)


def take_out(device: "Application") -> None:
    """Whatever of the two is away."""
    if device.kept:
        take_out_journal(device)
    if device.ahead is not None:
        from firmware.clock import Clock

        device.clock = Clock(device.board, device.ahead)
        device.ahead = None
