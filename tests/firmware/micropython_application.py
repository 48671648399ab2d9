"""The application over flash that tears and fails: kept before thanked, whatever happens."""

import firmware.switching
from firmware.between import switch_and_update
from firmware.board.faulty_nor import PowerCut
from firmware.dialogue import TIMEOUT_MS
from firmware.held import DESIRED_FILE
from tests.composed_device import READ_MS, Device, records

OPERATIONS_MAX = 40  # of flash, in one pass on a journal as small as these


def test_the_record_is_on_flash_when_the_thanks_are_shown_and_told():
    device = Device()
    for number in range(1, 40):
        device.answer(1, 5, 3)
        device.wait(9000)
        assert device.board.kept_when_thanked == [number, number], number
        device.board.kept_when_thanked = []
    assert device.board.shown.count("thanks") == 39
    assert [record.answers[:3] for record in records(device.board.journal)] == [(1, 5, 2)] * 39


def test_power_cut_anywhere_in_a_pass_loses_nothing_that_was_thanked_for():
    cuts = 0
    for records_before in (0, 14, 15):  # in the middle of a block, at its end, and where the next one is opened
        for operation in range(OPERATIONS_MAX):
            for torn_bytes in (0, 1, 16, 31, 32):
                device = Device()
                for _ in range(records_before):
                    device.answer(1, 1, 1)
                    device.wait(9000)
                before = device.board.told.count("thanked")
                assert before == records_before
                device.board.journal.cut_after(operation, torn_bytes)
                try:
                    device.answer(5, 5, 5)
                except PowerCut:
                    pass
                else:
                    break  # the pass was over before
                device.board.journal.power_on()
                cuts += 1
                kept = records(device.board.journal)
                told = device.board.told.count("thanked")
                assert len(kept) >= told, (records_before, operation, torn_bytes)
                assert len(kept) <= records_before + 1
                assert device.board.shown.count("thanks") <= len(kept)
            else:
                continue
            break
    assert cuts > 3 * 5


def test_flash_that_keeps_nothing_is_never_thanked_for():
    device = Device()
    device.answer(1, 1, 1)
    device.wait(9000)
    for operation in range(200):
        device.board.journal.weaken_after(operation, 3, 0xFF)
    device.answer(2, 2, 5)
    assert "refused" in device.board.told
    assert device.board.shown[-1] == "full"
    assert device.board.told.count("thanked") == 1


def test_a_full_journal_takes_no_new_pass_until_an_ack_frees_it():
    device = Device(blocks=4)
    while device.journal().free_slots:
        device.answer(1, 1, 1)
        device.wait(9000)
    kept = len(records(device.board.journal))
    assert device.board.told.count("thanked") == kept
    device.board.shown = []
    device.answer(1, 1, 1)
    device.wait(20000)
    assert set(device.board.shown) <= {"full", "idle"}
    assert device.board.shown[0] == "full"
    assert device.board.shown[-1] == "idle"
    assert len(records(device.board.journal)) == kept
    device.journal().acknowledge(kept)
    device.answer(5, 5, 5)
    assert device.board.told.count("thanked") == kept + 1
    assert records(device.board.journal)[-1].answers[:3] == (5, 5, 3)


def test_a_journal_that_fills_up_during_a_pass_does_not_thank():
    device = Device(blocks=4)
    while device.journal().free_slots > 1:
        device.answer(1, 1, 1)
        device.wait(9000)
    device.press(3)
    device.press(3)
    device.press(1)
    device.journal().append(b"\x01" + bytes(27))  # the last slot goes to something else
    device.press(1)
    device.press(1)
    assert device.board.told[-1] == "refused"
    assert device.board.shown[-1] == "full"


def test_sleeping_for_as_long_as_a_step_says_misses_nothing():
    device = Device()
    device.answer(1, 1)
    shown = len(device.board.shown)
    began_ms = device.board.ticks_ms()
    for _ in range(2):  # until the warning, until the time-out
        device.board.pass_time(device.application.step())
    device.application.step()
    assert device.board.shown[shown:] == ["warning", "idle"]
    assert device.board.told == ["kept"]
    assert TIMEOUT_MS - READ_MS <= device.board.ticks_ms() - began_ms <= TIMEOUT_MS


def test_without_the_memory_to_put_something_into_force_it_asks_on_and_says_so():
    device = Device()
    with open(device.board.files + DESIRED_FILE, "wb") as file:
        file.write(b"whatever")
    whole, firmware.switching.switch = firmware.switching.switch, no_memory
    try:
        switch_and_update(device.application)
        assert device.application.words() == "what was fetched cannot be kept: not enough memory"
        device.board.retain("clock", b"")  # the power was gone: it is tried once more
        device.start()
    finally:
        firmware.switching.switch = whole
    device.answer(5, 5, 5)
    assert device.board.told.count("thanked") == 1
    assert device.application.words() == "what was fetched cannot be kept: not enough memory"


def no_memory(_):
    raise MemoryError
