"""The firmware, and a server, with one rule broken: the months must notice each."""

from firmware import journal as journal_module
from firmware import journal_slots
from firmware import outbox as outbox_module
from firmware.asking import Asking
from firmware.board.faulty_nor import PowerCut
from firmware.journal_room import WritableRing
from protocol.envelope import DESIRED, DOWN, parse
from protocol.errors import ProtocolError
from protocol.messages import desired_head
from tests.months.ward import Ward

Journal = journal_module.Journal
Outbox = outbox_module.Outbox


def believe_any_ack():
    """An ack beyond the last record counts."""
    take_ack, acknowledge = Outbox._take_ack, Journal.acknowledge

    def believing(outbox, ack):
        if ack.stored_through > outbox.journal.last_sequence:
            return ack
        return take_ack(outbox, ack)

    def obeying(journal, through):
        last = journal._ring.last_sequence
        acknowledge(journal, min(through, last))
        journal.acked_through = max(journal.acked_through, through)

    Outbox._take_ack, Journal.acknowledge = believing, obeying


def believe_any_nonce():
    """A reply to an earlier connection counts."""
    take = Outbox._open

    def believing(outbox, topic, message):
        header, body = parse(message, DOWN)
        own, outbox._device_nonce = outbox._device_nonce, header.device_nonce
        server = outbox._server_nonce
        if server != bytes(8):
            outbox._server_nonce = header.server_nonce
        try:
            return take(outbox, topic, message)
        finally:
            outbox._device_nonce = own
            if server != bytes(8):
                outbox._server_nonce = server

    Outbox._open = believing


def overwrite_unacked():
    """A block is erased whatever is in it."""
    WritableRing.is_free = lambda ring, block, acked_through: block != ring.current


def number_anew():
    """After a start without power, the newest record goes into the journal once more, under the next number."""
    from firmware import journal_mount

    mend = journal_mount.mend

    def mending(ring, slot, mount, after_power_loss):
        mend(ring, slot, mount, after_power_loss)
        if after_power_loss and ring.last_sequence > mount.acked_through and ring.slots_left() > 4:
            rows = __import__("firmware.journal_reading", None, None, ("rows",)).rows(ring, ring.last_sequence, 1)
            slot[:] = rows[0][1]
            slot[5:9] = (ring.last_sequence + 1).to_bytes(4, "little")
            journal_slots.put_crc(slot)
            ring.blocks.program(ring.current, ring.next_slot, slot)
            ring.next_slot += 1
            ring.last_sequence += 1

    journal_mount.mend = mending


def store_again():
    """The server takes what is resent for new."""

    def store(ward, batch):
        for sequence, data in enumerate(batch.records, batch.first_sequence):
            if sequence <= ward.stored_through + 1:
                ward.into_custody(sequence, data)
        return ward.ack()

    Ward.store = store


def believe_any_time():
    """The clock is set by whatever desired state comes, also by one that was replayed."""
    take = Outbox.take

    def taking(outbox, topic, message):
        try:
            return take(outbox, topic, message)
        except ProtocolError:
            header, body = parse(message, DOWN)
            if header.type != DESIRED:
                raise
            server_time, revision = desired_head(body)
            return outbox_module.Wanted(server_time, revision, body)

    Outbox.take = taking


def thank_too_early():
    """The person is thanked before the record is on flash."""
    append = Asking._append

    def appending(asking, finished):
        try:
            return append(asking, finished)
        except PowerCut:
            asking._board.tell("thanked", sequence=asking._journal.last_sequence + 1)
            raise

    Asking._append = appending


MUTANTS = {
    "ack": believe_any_ack,
    "nonce": believe_any_nonce,
    "erase": overwrite_unacked,
    "renumber": number_anew,
    "resend": store_again,
    "time": believe_any_time,
    "thanks": thank_too_early,
}
