"""Measures the journal on the NOR simulator; `make bench`, or running this module on either interpreter, prints it."""

import gc
import sys
import time

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Full, Journal
from tests.firmware.journals import DEVICE_ID, append, mount, remove, scratch_path

PARTITION_BLOCKS = 256  # of 4,096 bytes: 1 MiB
BLOCK_BYTES = 4096
RECORDS_A_BLOCK = BLOCK_BYTES // 32 - 1


def wear(blocks, wraps, ack_every):
    """(bytes programmed, erases, programs) a response, once around the ring and then over so many wraps."""
    flash = FaultyFlash(None, blocks, BLOCK_BYTES)
    journal = mount(flash)
    round_trip = blocks * RECORDS_A_BLOCK
    run(journal, round_trip, ack_every)
    before = flash.counters()
    responses = wraps * round_trip
    run(journal, responses, ack_every)
    after = flash.counters()
    return tuple([(after[name] - before[name]) / responses for name in ("programmed_bytes", "erases", "programs")])


def run(journal, responses, ack_every):
    for _ in range(responses):
        sequence = append(journal, 1)
        if sequence % ack_every == 0:
            journal.acknowledge(sequence)


def filled(path):
    """A partition of 1 MiB filled to the last record: (flash, records)."""
    flash = FaultyFlash(path, PARTITION_BLOCKS, BLOCK_BYTES)
    journal = mount(flash)
    try:
        while True:
            append(journal, 1)
    except Full:
        return flash, journal.last_sequence


def mounted_at(path, records, unacked):
    """(bytes read, reads, milliseconds) of a mount of 1 MiB that holds so many records."""
    flash = FaultyFlash(path, PARTITION_BLOCKS, BLOCK_BYTES)
    journal = mount(flash)
    append(journal, records)
    journal.acknowledge(records - unacked)
    before, reads = flash.read_bytes, flash.reads
    start = time.time()
    journal = Journal(flash, DEVICE_ID)
    took_ms = 1000 * (time.time() - start)
    assert journal.last_sequence == records
    assert journal.acked_through == records - unacked
    flash.close()
    return flash.read_bytes - before, flash.reads - reads, took_ms


class ArrayFlash:
    """The plainest block device, so that what is measured is the journal's own."""

    def __init__(self, blocks, block_bytes):
        self.blocks, self.block_bytes = blocks, block_bytes
        self.cells = memoryview(bytearray(b"\xff" * (blocks * block_bytes)))
        self.blank = b"\xff" * block_bytes

    def readblocks(self, block, buffer, offset=0):
        start = block * self.block_bytes + offset
        buffer[:] = self.cells[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset):
        start = block * self.block_bytes + offset
        self.cells[start : start + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if operation == 6:
            start = argument * self.block_bytes
            self.cells[start : start + self.block_bytes] = self.blank
        return {4: self.blocks, 5: self.block_bytes}.get(operation, 0)


def garbage(appends=100):
    """Bytes of heap that an append, and (acked, read back in tens) a pending record, leave behind; MicroPython only."""
    journal = mount(ArrayFlash(16, BLOCK_BYTES))
    payload = bytearray(b"\x01" * 28)
    journal.append(payload)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(appends):
        journal.append(payload)
    after_appends = gc.mem_alloc()
    gc.enable()
    return (after_appends - before) / appends


def memory():
    """(bytes that a mounted journal of 1 MiB keeps, bytes that mounting leaves behind); MicroPython only."""
    flash = ArrayFlash(PARTITION_BLOCKS, 512)
    append(mount(flash), 1000)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    journal = Journal(flash, DEVICE_ID)
    used = gc.mem_alloc() - before
    gc.enable()
    gc.collect()
    kept = gc.mem_alloc() - before
    assert journal.last_sequence == 1000
    return kept, used - kept


def append_us():
    """Microseconds of an append on a device that costs nothing."""
    journal = mount(ArrayFlash(16, BLOCK_BYTES))
    payload = bytearray(b"\x01" * 28)
    start = time.time()
    for _ in range(1900):
        journal.append(payload)
    return 1e6 * (time.time() - start) / 1900


def main():
    print(f"journal on {sys.implementation.name}")
    for ack_every in (100, 50, 20, 10, 1):
        programmed, erases, programs = wear(16, 3, ack_every)
        print(
            f"  an ack every {ack_every:3d} responses: {programmed:.2f} bytes programmed, {erases:.4f} erases,"
            f" {programs:.2f} programs a response, over 3 wraps"
        )
    path = scratch_path()
    flash, records = filled(path)
    print(f"  {records} records in {PARTITION_BLOCKS * BLOCK_BYTES} bytes, {flash.violations} violations")
    flash.close()
    remove(path)
    path = scratch_path()
    read_bytes, reads, took_ms = mounted_at(path, 10_000, 500)
    print(f"  mount at 10000 records: {read_bytes} bytes in {reads} reads, {took_ms:.1f} ms")
    remove(path)
    print(f"  an append: {append_us():.0f} us without the flash")
    if hasattr(gc, "mem_alloc"):
        kept, left = memory()
        print(f"  heap: {kept} bytes kept by the journal, {left} left behind by mounting, {garbage():.0f} by an append")


if __name__ == "__main__":
    main()
