"""What the broker refused devices, read out of its log: its own access rules stop it, so nothing of it reaches ingest.

MQTT 3.1.1 has no word for a publication that is refused, and Mosquitto's dynamic security tells nobody. Its log does
(docs/adr/0013): a refused publication in one line, a refused subscription as one that no line says was granted.
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from server.fleet.tables import Device
from server.ingest.incoming import IncomingMessage, Refusal
from server.ingest.refusals import count_refusals, log_refusals
from server.ingest.transaction import UNAVAILABLE

PUBLISH, SUBSCRIBE = "broker-publish", "broker-subscribe"
REASONS = {PUBLISH: "the broker let it publish nothing there", SUBSCRIBE: "the broker let it hear nothing there"}
# A device's name is its account's and its client id's: the broker admits nobody under another's. No topic holds a line
# break, or any other control character: the broker ends the connection of whoever sends one.
DEVICE = "(?P<device>[0-9a-f]{8})"
TIME = r"(?:[^\s:]\S*: )?"  # as log_timestamp_format has it, or none
DENIED = re.compile(
    rf"{TIME}Denied PUBLISH from {DEVICE} \(d\d, q\d, r\d, m\d+, '(?P<topic>.*)', \.\.\. \(\d+ bytes\)\)"
)
ASKS = re.compile(rf"{TIME}Received SUBSCRIBE from {DEVICE}")
# What follows the topic of a subscription that was not granted.
FOLLOWS = re.compile(rf"{TIME}(?:\t.* \(QoS \d\)|Sending SUBACK to {DEVICE}|Invalid subscription .*|Client .*)")
GRANTED = re.compile(rf"{TIME}{DEVICE} \d .*")
ASKED = re.compile(rf"{TIME}\t(?P<topic>.*) \(QoS \d\)")
AGAIN_S = 1.0

logger = logging.getLogger("pet.ingest")


class Denial(NamedTuple):
    """One publication or subscription that the broker refused."""

    device_id: int
    reason: str
    topic: str


class LogReader:
    """Takes the log line by line. The broker has one thread: the lines of one packet stand together."""

    def __init__(self) -> None:
        self._asking: str | None = None  # the device whose subscriptions are listed just now
        self._open: str | None = None  # the topic of the last of them, until the next line says whether it was granted

    def take(self, line: str) -> Denial | None:
        """The refusal that is known for certain once this line is read."""
        line = line.rstrip("\r\n")
        found = self._judge(line)
        if asked := self._asking and ASKED.fullmatch(line):
            self._open = asked["topic"]
        elif asks := ASKS.fullmatch(line):
            self._asking = asks["device"]
        elif not GRANTED.fullmatch(line):
            self._asking = None
        denied = DENIED.fullmatch(line)
        return Denial(int(denied["device"], 16), PUBLISH, denied["topic"]) if denied else found

    def _judge(self, line: str) -> Denial | None:
        """Of the topic that is open; none where lines are lacking, for in one of them it may have been granted."""
        topic, self._open = self._open, None
        if topic is None or self._asking is None or not FOLLOWS.fullmatch(line):
            return None
        return Denial(int(self._asking, 16), SUBSCRIBE, topic)


def denials(lines: Iterable[str]) -> Iterator[Denial]:
    """Every refusal in these lines, in their order."""
    reader = LogReader()
    for line in lines:
        found = reader.take(line)
        if found is not None:
            yield found


def watch(engine: Engine, lines: Iterable[str]) -> None:
    """Until the lines end: record each refusal. While the database takes nothing, the log waits."""
    for denial in denials(lines):
        while not _is_recorded(engine, denial):
            time.sleep(AGAIN_S)


def _is_recorded(engine: Engine, denial: Denial) -> bool:
    try:
        record(engine, denial, datetime.now(UTC))
    except UNAVAILABLE as error:
        logger.warning("the database takes nothing: %s", str(error).strip().splitlines()[0])
        return False
    return True


def record(engine: Engine, denial: Denial, now: datetime) -> None:
    """Count it for its device, as what ingest itself refuses is counted, and log it."""
    with Session(engine) as session, session.begin():
        owner = session.scalar(select(Device.organisation_id).where(Device.device_id == denial.device_id))
        device = None if owner is None else (owner, denial.device_id)
        message = IncomingMessage(denial.topic, b"", now)
        refusal = Refusal(message, denial.reason, f"{REASONS[denial.reason]}: {denial.device_id:08x}", device)
        count_refusals(session.connection(), [refusal])
    log_refusals([refusal])
