"""Installing an application: what is refused, and that the slot which runs is untouched whatever happens."""

import os

from firmware.provenance import KEYS_FILE
from firmware.slots import mark_good, rest, running
from firmware.update import APPLICATION_NEW
from tests.firmware.archives import FILES, OTHER_SEED, SEED, make_archive, public_key
from tests.firmware.updated_device import BLOCK_BYTES, ROOT, Device, exists, provisioned, read, tree, write

ARCHIVE = make_archive()
SIGNED_BYTES = len(ARCHIVE) - sum([len(content) for _, content in FILES])


def refused(archive, words, prepare=None, slot="a", device=None):
    """Install this on a device with version 1: refused with these words, and only the archive is gone."""
    device = device or provisioned()

    def attempt():
        if prepare:
            prepare(device)
        before = tree()
        counters = dict(device.counters)
        device.deliver(archive)
        said = device.install(slot)
        assert isinstance(said, str), said
        assert words in said, said
        assert len(said) < 100
        assert tree() == before
        assert device.counters == counters
        return device.start()

    assert device.mounted(attempt) == (1, "a")


def test_an_application_is_installed_and_started():
    device = provisioned(ARCHIVE)

    def update():
        assert device.install() == 2
        assert not exists(ROOT + APPLICATION_NEW)
        assert read(ROOT + "/b/release") == b"2 0.2"
        assert device.start() == (2, "b")
        assert device.counters == {"app_version": 1, "tries_b": 1}
        assert device.is_whole("a", 1)  # to go back to
        assert device.fed > 5

    device.mounted(update)


def test_the_next_one_goes_into_the_other_slot_and_leaves_nothing_of_what_was_there():
    device = provisioned(ARCHIVE)

    def update():
        assert device.install() == 2
        assert device.start() == (2, "b")
        device.as_running("b", mark_good)
        device.deliver(make_archive(version=3, files=FILES[:1]))
        assert device.install("b") == 3
        assert sorted([name for name in tree() if name.startswith("/a/")]) == ["/a/firmware/one.mpy", "/a/release"]
        assert not exists(ROOT + "/a/gone")
        assert read(ROOT + "/slot") == b"a"

    device.mounted(update)


def test_what_runs_already_is_not_installed_again():
    device = provisioned(make_archive(version=1))

    def attempt():
        before = tree()
        assert device.install() == 0
        del before[APPLICATION_NEW]
        assert tree() == before
        assert device.start() == (1, "a")

    device.mounted(attempt)


def test_every_byte_of_the_signed_part_is_protected():
    device = provisioned()
    for at in range(0, SIGNED_BYTES, 5):
        harmed = bytearray(ARCHIVE)
        harmed[at] ^= 1 << at % 8
        refused(harmed, "update refused", device=device)


def test_every_byte_of_a_file_is_protected():
    device = provisioned()
    for at in range(SIGNED_BYTES, len(ARCHIVE), 97):
        harmed = bytearray(ARCHIVE)
        harmed[at] ^= 1 << at % 8
        refused(harmed, "is damaged", device=device)


def test_an_archive_that_is_cut_short_anywhere_is_refused():
    device = provisioned()
    for length in list(range(0, SIGNED_BYTES + 3, 13)) + list(range(SIGNED_BYTES, len(ARCHIVE), 131)):
        refused(ARCHIVE[:length], "update refused", device=device)
    refused(ARCHIVE[:-1], "is damaged", device=device)
    refused(ARCHIVE + b"\x00", "longer than its files", device=device)


def test_a_missing_archive_is_said_in_words():
    device = provisioned()

    def attempt():
        assert "update failed" in device.install()
        assert device.start() == (1, "a")

    device.mounted(attempt)


def test_another_key_is_refused():
    refused(make_archive(seed=OTHER_SEED), "not signed with a key of this device")


def test_either_of_two_keys_will_do_and_a_third_will_not():
    from binascii import hexlify

    def with_keys(*seeds):
        def prepare(device):
            write(ROOT + KEYS_FILE, b"".join([hexlify(public_key(seed)) + b"\n" for seed in seeds]))

        return prepare

    third = bytes(32)
    for seeds in ((SEED,), (SEED, OTHER_SEED), (OTHER_SEED, SEED)):
        device = provisioned(ARCHIVE)
        assert device.mounted(lambda: with_keys(*seeds)(device) or device.install()) == 2
    refused(ARCHIVE, "not signed", prepare=with_keys(OTHER_SEED, third, SEED))


def test_without_a_key_nothing_is_accepted():
    refused(ARCHIVE, "no release key", prepare=lambda device: os.remove(ROOT + KEYS_FILE))
    for damaged in (b"", b"\n", b"zz", b"00" * 31, b"00" * 33, b"\xff\xfe"):
        refused(ARCHIVE, "update refused", prepare=lambda device: write(ROOT + KEYS_FILE, damaged))


def test_there_is_no_way_back_to_an_older_version():
    device = provisioned()
    device.counters["app_version"] = 5
    refused(make_archive(version=4), "version 4 is older than 5", device=device)


def test_the_best_version_may_come_back_after_the_device_went_back_from_it():
    device = provisioned(ARCHIVE)
    device.counters.update({"app_version": 2, "tries_b": 3, "app_bad": 5})

    def repair():
        assert device.install() == 2
        assert device.counters["tries_b"] == 0
        assert device.start() == (2, "b")

    device.mounted(repair)


def test_a_version_that_failed_here_is_not_installed_again():
    device = provisioned()
    device.counters["app_bad"] = 2
    refused(ARCHIVE, "version 2 has failed on this device", device=device)
    device.mounted(lambda: device.deliver(make_archive(version=3)))
    assert device.mounted(device.install) == 3


def test_another_board_or_another_bytecode_is_refused():
    refused(make_archive(board="esp32"), "not made for the board sim")
    refused(make_archive(bytecode=7), "another MicroPython")
    refused(make_archive(native=9), "another MicroPython")


def test_a_version_that_is_not_proven_installs_nothing():
    """Its slot is the only other one: what it would overwrite is the version to go back to."""
    device = provisioned(ARCHIVE)

    def attempt():
        assert device.install() == 2
        assert device.start() == (2, "b")
        device.deliver(make_archive(version=3))
        assert "has not proved good yet" in device.install("b")
        assert device.is_whole("a", 1)
        device.as_running("b", mark_good)
        device.deliver(make_archive(version=3))
        assert device.install("b") == 3

    device.mounted(attempt)


def test_a_device_without_slots_says_so():
    refused(ARCHIVE, "has no slots", slot="")
    refused(ARCHIVE, "has no slots", slot="c")


def test_a_full_file_system_leaves_what_runs():
    """At whatever point the room ends."""
    installed = []
    for spare_blocks in range(1, 30):
        device = provisioned(ARCHIVE)

        def attempt():
            with open(ROOT + "/large", "wb") as large:
                for _ in range(os.statvfs(ROOT)[3] - spare_blocks):
                    large.write(bytes(BLOCK_BYTES))
            said = device.install()
            assert said == 2 or "no room" in said, said
            assert not exists(ROOT + APPLICATION_NEW)
            assert device.start() == ((2, "b") if said == 2 else (1, "a"))
            installed.append(said == 2)

        device.mounted(attempt)
    assert not installed[0]
    assert installed[-1]


def test_flash_that_loses_what_was_written_is_noticed():
    """The file system proves what it programs, once. Here a byte changes just after it did."""
    device = provisioned(ARCHIVE)
    start = FILES[0][1][:64]

    def age():
        for block in range(device.flash.blocks):
            cells = bytearray(128)
            device.flash.readblocks(block, cells)
            if cells[: len(start)] == start:  # the file itself: in the archive it does not begin a block
                device.flash.damage(block * device.flash.block_bytes + 100, b"\x00")

    device.when_fed = age

    def attempt():
        assert "does not keep what is written" in device.install()
        assert device.start() == (1, "a")

    device.mounted(attempt)


def test_flash_that_fails_while_it_is_written_ends_well_either_way():
    before = provisioned(ARCHIVE)
    for operation in range(0, 60, 3):
        device = Device(before.flash.image(), before.counters)
        device.flash.weaken_after(operation, 20, 0xFF)

        def attempt():
            said = device.install()
            assert device.start() == ((2, "b") if said == 2 else (1, "a"))

        device.mounted(attempt)


def test_good_and_rest_and_running():
    device = provisioned(ARCHIVE)

    def lives():
        assert device.as_running("a", running) == 1
        assert device.as_running("c", running) == 0
        stores = device.stores
        device.as_running("a", mark_good)
        device.as_running("a", rest)
        device.as_running("c", mark_good)
        device.as_running("c", rest)
        assert device.stores == stores  # proven: nothing to write
        assert device.install() == 2
        device.as_running("a", mark_good)  # still the old one: it speaks for itself only
        assert device.counters["app_version"] == 1
        for _ in range(20):  # wakes and sleeps with nobody to ack
            assert device.start() == (2, "b")
            assert device.counters["tries_b"] == 1
            device.as_running("b", rest)
            assert device.counters["tries_b"] == 0
        device.as_running("b", rest)
        assert device.counters["tries_b"] == 0
        assert device.start() == (2, "b")
        device.as_running("b", mark_good)
        assert device.counters == {"app_version": 2, "tries_b": 0}

    device.mounted(lives)
