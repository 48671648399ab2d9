"""The technician's self-test: what fails is found, said with its remedy, and nothing is written."""

import os
from binascii import crc32, hexlify

from firmware.buttons import CONTROL, STAFF
from firmware.self_test import (
    ABSENT_MS,
    BUTTON_MS,
    CLOCK_BIT,
    CLOCK_MS,
    FILES_BIT,
    JOURNAL_BIT,
    REPORT_MS,
    SCREEN_BIT,
    SelfTest,
)
from firmware.staff import RELEASE, SYNC
from firmware.staff_view import CHECKER, DARK, LIT
from protocol.record import QUALITY_SERVER, QUALITY_UNSET
from tests.esp32_ticks import ticks_add, ticks_diff
from tests.firmware.journals import address, append, mount, ring

BEGIN_MS = (1 << 30) - 20000  # the ticks wrap during the test
BEGIN_S = 220000000
STEPS_MAX = 3000


class Bench:
    """A device under test: its clock, its files and its journal, all in order unless they are spoiled."""

    def __init__(self, records=100):
        self.files = "/tmp/pet-self-test-" + hexlify(os.urandom(8)).decode()
        os.mkdir(self.files)
        self.write("settings.json", b"{}")
        package = b"PETQ" + bytes(1000)
        self.write("questionnaire.pkg", package + crc32(package).to_bytes(4, "little"))
        os.mkdir(self.files + "/a")
        self.flash = ring()
        self.journal = mount(self.flash)
        if records:
            append(self.journal, records)
        self.now_ms = BEGIN_MS
        self.clock_rate = 1.0
        self.network = ""
        self.ticks_diff = ticks_diff
        self.test = SelfTest(self, self.journal, QUALITY_SERVER, self.now_ms)

    def write(self, name, data):
        with open(self.files + "/" + name, "wb") as file:
            file.write(data)

    def rtc_seconds(self):
        return BEGIN_S + int(self.clock_rate * ticks_diff(self.now_ms, BEGIN_MS)) // 1000

    def network_state(self):
        return self.network

    def wait(self, duration_ms):
        self.now_ms = ticks_add(self.now_ms, duration_ms)
        return self.test.tick(self.now_ms)

    def press(self, *events):
        action = None
        for event in events:
            action = self.test.press(event, self.now_ms)
        return action

    def text(self):
        return self.test.view(self.now_ms)[2]

    def run(self, screen_answer=1):
        """All buttons work; the results with which it goes to the sync."""
        self.press(1, 2, 3, 4, 5, CONTROL, 1, 1, 1, 1, screen_answer)
        return self.finish()

    def finish(self):
        for _ in range(STEPS_MAX):
            action = self.wait(max(1, self.test.due_ms(self.now_ms)))
            if action:
                assert action[0] == SYNC, action
                return action[1]
        raise AssertionError("it never ends: " + self.text())

    def report(self, results, error="", quality=QUALITY_SERVER):
        """The pages that are shown after the sync."""
        self.test = SelfTest(self, self.journal, quality, self.now_ms, results, error)
        pages = []
        while True:
            pages.append(self.text())
            action = self.press(3)
            if action:
                assert action == (RELEASE, 0)
                return pages

    def remove(self):
        for name in os.listdir(self.files):
            if name == "a":
                os.rmdir(self.files + "/a")
            else:
                os.remove(self.files + "/" + name)
        os.rmdir(self.files)


def test_a_sound_device_passes_and_nothing_is_written():
    bench = Bench()
    image = bytes(bench.flash.image())
    assert bench.run() == 0
    assert CLOCK_MS <= ticks_diff(bench.now_ms, BEGIN_MS) < CLOCK_MS + 500
    assert bytes(bench.flash.image()) == image
    pages = bench.report(0)
    assert len(pages) == 1 and pages[0].startswith("Self-test passed")
    bench.remove()


def test_each_button_is_asked_for_and_another_one_does_not_count():
    bench = Bench()
    for number in (1, 2, 3, 4, 5, CONTROL):
        assert bench.text() == "%d\nPress this button" % number
        other = number % 6 + 1
        assert bench.press(other) is None
        assert bench.text() == "%d\nPress this, not %d" % (number, other)
        assert bench.press(number) is None
    assert bench.text().startswith("Three screens")
    bench.remove()


def test_a_button_that_never_arrives_fails_alone():
    bench = Bench()
    bench.press(1, 2)
    assert bench.wait(BUTTON_MS - 1) is None
    assert bench.text().startswith("3")
    assert bench.wait(1) is None
    assert bench.text().startswith("4")
    bench.press(4, 5, CONTROL, 1, 1, 1, 1, 1)
    results = bench.finish()
    assert results == 0b100
    assert bench.report(results) == ["Button 3: no press arrived. Clean it, then check its wire."]
    bench.remove()


def test_the_screen_is_shown_lit_dark_and_chequered_and_judged_by_a_person():
    bench = Bench()
    bench.press(1, 2, 3, 4, 5, CONTROL)
    forms = []
    for _ in range(4):
        forms.append(bench.test.view(bench.now_ms)[1])
        bench.press(2)
    assert forms[1:] == [LIT, DARK, CHECKER]
    assert "every other?" in bench.text()
    assert bench.press(3) is None
    assert "every other?" in bench.text(), "neither yes nor no"
    bench.press(5)
    assert bench.finish() == SCREEN_BIT
    assert bench.report(SCREEN_BIT)[0].startswith("Screen: dots are wrong.")
    bench.remove()


def test_a_record_that_cannot_be_read_is_found():
    for sequence in (1, 50, 99):
        bench = Bench()
        spoil(bench, sequence)
        assert bench.run() == JOURNAL_BIT, sequence
        bench.remove()
    assert bench.report(JOURNAL_BIT)[0].startswith("Flash: answers cannot be read.")


def test_a_chip_that_does_not_answer_is_found_and_does_not_stop_the_test():
    bench = Bench()

    def broken(first, limit):
        raise OSError(5)

    bench.journal.records = broken
    assert bench.run() == JOURNAL_BIT
    bench.remove()


def test_an_empty_journal_is_no_failure():
    bench = Bench(records=0)
    assert bench.run() == 0
    bench.remove()


def test_a_damaged_package_is_found_and_other_files_need_no_checksum():
    for damage in (b"", b"PETQ", b"PETQ" + bytes(1000) + b"\x01\x02\x03\x04"):
        bench = Bench()
        bench.write("audit1.pkg", damage)
        assert bench.run() == FILES_BIT, damage
        bench.remove()
    assert bench.report(FILES_BIT)[0].startswith("Files: one cannot be read.")
    bench = Bench()
    bench.files += "/none"
    assert bench.run() == FILES_BIT


def test_a_clock_that_stands_still_or_races_is_found():
    for rate, expected in ((0.0, CLOCK_BIT), (3.0, CLOCK_BIT), (1.01, 0)):
        bench = Bench()
        bench.clock_rate = rate
        bench.press(1, 2, 3)
        bench.wait(CLOCK_MS)
        bench.press(4, 5, CONTROL, 1, 1, 1, 1, 1)
        assert bench.finish() == expected, rate
        bench.remove()
    assert bench.report(CLOCK_BIT)[0].startswith("Clock: it stands still or jumps.")


def test_wifi_and_server_are_told_apart_and_each_has_its_remedy():
    bench = Bench()
    bench.network = "no Wi-Fi: Clinic: wrong password"
    pages = bench.report(0, "no Wi-Fi: Clinic: wrong password")
    assert pages == [bench.network, "Wi-Fi: check name, password and distance, then provision again."]
    bench.network = ""
    pages = bench.report(0, "no ack: the answers stay on this device")
    assert pages[0] == "Server: no ack: the answers stay on this device"
    assert pages[1].startswith("Server: check its address")
    assert bench.report(0, "", QUALITY_UNSET)[0].startswith("Clock: not set")
    bench.remove()


def test_everything_that_failed_has_its_page():
    bench = Bench()
    pages = bench.report(0x3FF, "no ack")
    assert len(pages) == 6 + 4 + 2
    assert len(set(pages)) == len(pages)
    bench.remove()


def test_it_ends_when_nobody_is_there_and_when_staff_end_it():
    bench = Bench()
    for event in (STAFF, -CONTROL):
        assert bench.press(event) == (RELEASE, 0)
    bench.press(1, 2, 3, 4, 5, CONTROL)
    assert bench.wait(ABSENT_MS - 1) is None
    assert bench.wait(1) == (RELEASE, 0)
    bench.test = SelfTest(bench, bench.journal, QUALITY_SERVER, bench.now_ms, 0, "")
    assert bench.wait(REPORT_MS - 1) is None
    assert bench.wait(1) == (RELEASE, 0)
    bench.remove()


def test_reading_the_answers_gives_the_buttons_their_turn():
    """The hold-combination ends it in the middle of a large journal, and the percentage rises."""
    bench = Bench()
    bench.press(1, 2, 3, 4, 5, CONTROL, 1, 1, 1, 1, 1)
    shown = []
    while bench.text().startswith("Reading the answers"):
        shown.append(int(bench.text().split(" ")[-1][:-1]))
        assert bench.test.due_ms(bench.now_ms) == 0
        bench.wait(1)
    assert shown == sorted(shown) and len(shown) > 3 and shown[0] == 0 and shown[-1] < 100
    bench.remove()


def spoil(bench, sequence):
    """One bit of this record's slot falls over."""
    image = bytearray(bench.flash.image())
    image[address(sequence) + 12] ^= 1
    bench.flash.restore(bytes(image))
