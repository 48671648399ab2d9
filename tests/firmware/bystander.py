"""Remembers what a journal was told and what it promised, and checks it after whatever happened to it."""

from binascii import crc32
from struct import pack, unpack

DEVICE_ID = 0x00C0FFEE
JOURNAL_ID = b"journal!"
EVERYTHING = 1_000_000


def payload_of(attempt):
    """28 bytes that tell which attempt to append wrote them; every second one has a last byte of 0xFF."""
    return pack("<B8xII10sB", 1, attempt, attempt * 2654435761 & 0xFFFFFFFF, b"0123456789", 255 * (attempt % 2))


def attempt_of(record):
    return unpack("<I", record[9:13])[0]


class Bystander:
    """Remembers in plain lists what the journal was told and what it promised; drives it and checks it."""

    def __init__(self, firmware):
        self.firmware = firmware
        self.completed = []  # attempt of sequence 1, 2, 3, ...
        self.acked = 0
        self.acked_lowest = 0  # a full ring may keep an ack in RAM
        self.custody = 0  # the highest ack ever taken up: what the server has
        self.appending = 0  # attempt that is under way
        self.acknowledging = 0
        self.attempts = 0
        self.may_leave_tombstone = False  # for an attempt that was cut
        self.crowded = False  # a full ring may lose to a cut what the server has, but not yet its ack

    def copy(self):
        other = Bystander(self.firmware)
        other.completed = list(self.completed)
        other.acked, other.acked_lowest = self.acked, self.acked_lowest
        other.custody = self.custody
        other.appending, other.acknowledging, other.attempts = self.appending, self.acknowledging, self.attempts
        other.may_leave_tombstone, other.crowded = self.may_leave_tombstone, self.crowded
        return other

    def mount(self, flash):
        return self.firmware.Journal(flash, DEVICE_ID, lambda count: JOURNAL_ID[:count])

    def append(self, journal):
        self.attempts += 1
        self.appending = self.attempts
        sequence = journal.append(payload_of(self.appending))
        self.completed.append(self.appending)
        assert sequence == len(self.completed), f"sequence {sequence} for record {len(self.completed)}"
        self.appending = 0

    def acknowledge(self, journal, through):
        self.acknowledging = through
        self.custody = max(self.custody, through)
        journal.acknowledge(through)
        assert journal.acked_through == max(self.acked, through)
        self.acked = max(self.acked, through)
        self.acknowledging = 0
        if journal.free_slots:
            self.acked_lowest = self.acked

    def unacked(self):
        return len(self.completed) - self.acked

    def check(self, journal):
        """Nothing lost, nothing invented, no sequence twice, in order, acked as far as was said."""
        assert journal.journal_id == JOURNAL_ID
        assert journal.device_id == DEVICE_ID
        assert not journal.foreign
        assert self.acked_lowest <= journal.acked_through <= max(self.acked, self.acknowledging), (
            f"acked through {journal.acked_through}, not {self.acked}"
        )
        extra = journal.last_sequence - len(self.completed)
        assert extra == 0 or (extra == 1 and self.appending), f"{extra} records too many"
        known = self.completed + ([self.appending] if extra else [])
        rows = journal.pending(EVERYTHING)
        assert [row[0] for row in rows] == list(range(journal.acked_through + 1, len(known) + 1)), "holes in pending"
        self._check_rows(rows, known)
        rows = journal.records(1, EVERYTHING)
        if rows:
            assert [row[0] for row in rows] == list(range(journal.oldest_readable, len(known) + 1)), "holes in records"
        self._check_rows(rows, known)

    def _check_rows(self, rows, known):
        for sequence, record in rows:
            if record is None:
                in_doubt = self.may_leave_tombstone and sequence > len(self.completed)
                never_readable = not known[sequence - 1]
                given_up = self.custody if self.crowded else self.acked
                assert sequence <= given_up or in_doubt or never_readable, f"record {sequence} lost"
                continue
            assert crc32(record[:28]) == unpack("<I", record[28:])[0], f"record {sequence} is not whole"
            assert unpack("<I", record[5:9])[0] == sequence, f"record {sequence} says another sequence"
            assert attempt_of(record) == known[sequence - 1], f"record {sequence} is another one"

    def settle(self, journal):
        """After a cut and a check: what was under way either happened or did not."""
        if journal.last_sequence > len(self.completed):
            rows = journal.records(journal.last_sequence, 1)
            self.completed.append(self.appending if rows and rows[0][1] else 0)  # 0: unreadable from the beginning
        self.appending = self.acknowledging = 0
        self.acked = self.acked_lowest = journal.acked_through
