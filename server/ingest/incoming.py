"""What comes into a transaction and what goes out of it: plain values, so that tests need no broker."""

from datetime import datetime
from typing import NamedTuple


class IncomingMessage(NamedTuple):
    """A message as the broker delivered it. `received_at` is the server's clock when it came in."""

    topic: str
    payload: bytes
    received_at: datetime


class Reply(NamedTuple):
    """A message for a device, to be published only after the commit that it speaks of."""

    topic: str
    payload: bytes


class Refusal(NamedTuple):
    """A message of which nothing is stored and that gets no reply. `reason` is a short stable word.

    `device`: organisation and number of the device on whose topic it came, where there is one.
    """

    message: IncomingMessage
    reason: str
    text: str
    device: tuple[int, int] | None = None


class JournalKey(NamedTuple):
    """Names a journal; sorts in the order in which ledger rows are locked."""

    organisation_id: int
    device_id: int
    journal_id: bytes
