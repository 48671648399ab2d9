"""A journal that is full of answers nobody has fetched: no new pass, nothing overwritten, and an ack frees it."""

from functools import cache

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Full, Journal
from protocol.record import KIND_RESPONSE, Record, encode_payload
from tests.device_directory import IDENTITY, journal, make_device
from tests.device_program import answers, run


@cache
def full_flash():
    """The flash of a device whose journal has no free slot left."""
    flash = FaultyFlash()
    kept = Journal(flash, IDENTITY.device_id, lambda count: b"\x05" * count)
    payload = encode_payload(Record(KIND_RESPONSE, 0, 7, 0, 1, 60, 0, 0, 0, 0, 0, 9, (1, 1, 1, 1, 1)))
    try:
        while True:
            kept.append(payload)
    except Full:
        return bytes(flash.image())


def full_device(directory):
    make_device(directory)
    (directory / "journal.nor").write_bytes(full_flash())
    return directory


def test_a_full_journal_takes_no_new_pass_and_says_so(tmp_path):
    directory = full_device(tmp_path / "device")
    done = run(directory, *answers(1, 2, 3, 4, 5), "wait 20000", "status")
    assert done.last("ready")["free"] == 0
    assert set(done.screens()) == {"idle", "full"}
    assert done.screens()[-1] == "idle"
    assert done.named("thanked") == []
    assert done.last("status")["last"] == done.last("ready")["last"]
    assert (directory / "journal.nor").read_bytes() == full_flash()


def test_one_free_slot_takes_one_pass(tmp_path):
    directory = full_device(tmp_path / "device")
    with journal(directory) as kept:
        kept.acknowledge(127)  # the oldest block
        free = kept.free_slots
        assert free > 1
        payload = encode_payload(Record(KIND_RESPONSE, 0, 7, 0, 1, 60, 0, 0, 0, 0, 0, 9, (1,)))
        for _ in range(free - 1):
            kept.append(payload)
    done = run(directory, *answers(1, 2, 3, 4, 5), "wait 20000", *answers(1, 2, 3, 4, 5))
    assert done.last("ready")["free"] == 1
    assert len(done.named("thanked")) == 1
    assert "full" in done.screens()[done.screens().index("thanks") :]


def test_an_ack_frees_it_for_the_next_person(tmp_path):
    directory = full_device(tmp_path / "device")
    assert run(directory, *answers(1, 2, 3, 4, 5)).named("thanked") == []
    with journal(directory) as kept:
        last = kept.last_sequence
        kept.acknowledge(last)
    done = run(directory, *answers(1, 2, 3, 4, 5))
    assert [event["sequence"] for event in done.named("thanked")] == [last + 1]
