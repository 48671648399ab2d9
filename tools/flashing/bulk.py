"""Flashes many devices, some at a time, each in its own process; one that fails leaves the others alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from tools.flashing.errors import INTERRUPTED
from tools.flashing.worker import Failure, Job, Message, Progress, work

# A device waits for its serial line most of the time, but packing what is sent takes a core.
AT_A_TIME = max(2, 3 * (os.cpu_count() or 1))


def flash_all(
    jobs: Sequence[Job], show: Callable[[Job, Message], None], at_a_time: int = AT_A_TIME
) -> Iterator[tuple[Job, Message]]:
    """Each job with its Outcome or Failure, as they end. `show` gets the progress in between."""
    context = get_context("spawn")  # a fork would share what this process holds open
    waiting = list(reversed(jobs))
    running: dict[Connection, tuple[Job, BaseProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                started = waiting.pop()
                here, there = context.Pipe(duplex=False)
                running[here] = started, context.Process(target=work, args=(started, there), daemon=True)
                running[here][1].start()
                there.close()
            for connection in wait(list(running)):
                assert isinstance(connection, Connection)
                job, process = running[connection]
                message = _received(connection)
                if isinstance(message, Progress):
                    show(job, message)
                    continue
                del running[connection]
                connection.close()
                process.join()
                yield job, message
    finally:
        for _, process in running.values():
            process.terminate()


def _received(connection: Connection) -> Message:
    with suppress(EOFError, OSError):
        message = connection.recv()
        assert isinstance(message, Message)
        return message
    return Failure("its process ended without a word: say `resume`.", INTERRUPTED)
