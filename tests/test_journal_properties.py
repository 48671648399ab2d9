"""The journal does what a plain list does, whatever is asked of it in whatever order, restarts and cuts included."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware.board.faulty_nor import FaultyFlash, PowerCut
from firmware.journal import Full, Journal

JOURNAL_ID = b"property"
DEVICE_ID = 77
ALL = 1_000_000


def body(record):
    """A record without its sequence and CRC."""
    return record[:5] + record[9:28]


class JournalIsAList(RuleBasedStateMachine):
    """`records[n]` is what was appended as sequence n + 1; the ring holds a part of it."""

    @initialize(blocks=st.integers(2, 5), slots=st.integers(8, 16))
    def make(self, blocks, slots):
        self.flash = FaultyFlash(None, blocks, 32 * slots)
        self.records = []
        self.acked = 0
        self.unsure_acks = set()
        self.mount()

    def mount(self, **settings):
        self.journal = Journal(self.flash, DEVICE_ID, lambda count: JOURNAL_ID[:count], **settings)

    @rule(kind=st.sampled_from((1, 3, 4)), rest=st.binary(min_size=27, max_size=27), times=st.integers(1, 9))
    def append(self, kind, rest, times):
        for _ in range(times):
            payload = bytes([kind]) + rest
            free = self.journal.free_slots
            try:
                sequence = self.journal.append(payload)
            except Full:
                assert free == 0
                return
            assert free > 0
            self.records.append(body(payload))
            assert sequence == len(self.records)

    @rule(share=st.floats(0, 1), data=st.data())
    def acknowledge(self, share, data):
        through = self.acked + int(share * (len(self.records) - self.acked))
        if data.draw(st.booleans()):
            through = len(self.records)
        self.journal.acknowledge(through)
        self.acked = through
        if self.journal.free_slots == 0:
            self.unsure_acks.add(through)  # a ring that stays full may keep it in RAM

    @rule()
    def acknowledge_beyond(self):
        try:
            self.journal.acknowledge(len(self.records) + 1)
        except ValueError:
            return
        raise AssertionError("an ack beyond the last record was taken")

    @rule(after_power_loss=st.booleans(), lent=st.sampled_from((None, 32, 4096)))
    def restart(self, after_power_loss, lent):
        self.mount(after_power_loss=after_power_loss, buffer=None if lent is None else bytearray(lent))
        if self.unsure_acks:
            assert self.journal.acked_through <= self.acked
            self.acked = self.journal.acked_through
        self.unsure_acks.clear()

    @rule(
        rest=st.binary(min_size=27, max_size=27),
        wait=st.integers(0, 4),
        torn=st.integers(0, 600),
        from_end=st.booleans(),
    )
    def cut_while_appending(self, rest, wait, torn, from_end):
        self.flash.cut_after(wait, torn, from_end=from_end)
        payload = b"\x01" + rest
        try:
            for _ in range(6):
                self.journal.append(payload)
                self.records.append(body(payload))
        except (PowerCut, Full):
            pass
        self.flash.power_on()
        self.restart(after_power_loss=True, lent=None)
        if self.journal.last_sequence > len(self.records):
            self.records.append(body(payload))

    @invariant()
    def same_as_the_list(self):
        if not hasattr(self, "journal"):
            return
        journal = self.journal
        assert journal.last_sequence == len(self.records)
        assert journal.acked_through == self.acked
        assert journal.oldest_readable <= self.acked + 1
        self.same(journal.pending(ALL), self.acked + 1)
        self.same(journal.records(1, ALL), journal.oldest_readable)
        assert self.flash.violations == 0

    def same(self, rows, first):
        assert [row[0] for row in rows] == list(range(first, len(self.records) + 1))
        for sequence, record in rows:
            if sequence > self.acked or record is not None:  # a torn erase may leave acked ones unreadable
                assert body(record) == self.records[sequence - 1]


TestJournalIsAList = JournalIsAList.TestCase
TestJournalIsAList.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, database=None)
