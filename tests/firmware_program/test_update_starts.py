"""Starting from slots, in real MicroPython: whatever a new version does wrong, a working one runs again by itself."""

import pytest

from tests.firmware_program.slots import RESET, application, make_device

TRIES = 3
HANGS = 'print("hanging")\nwhile True:\n    pass\n'
# What a new version can do wrong by itself, and be seen to do wrong: it ends.
CRASHES = {
    "raises when it is imported": {"before": "raise ValueError(1)\n"},
    "imports what is not there": {"before": "from firmware.nowhere import nothing\n"},
    "lacks its entry": {"before": "def main(): pass\n", "at_start": "raise TypeError(1)"},
    "raises at start": {"at_start": "raise ValueError(1)"},
    "runs out of memory": {"at_start": "bytearray(1000000)"},
    "recurses for ever": {"at_start": "main(arguments)"},
    "raises after some steps": {"in_steps": 'if line == "three\\n":\n    raise OSError(5)'},
    "says that the device lacks a part": {"at_start": "sys.exit(2)"},
    "is not bytecode at all": {"simulator": b"PK\x03\x04" + bytes(100)},
    "is bytecode of another version": {"simulator": b"M\x09\x00\x1f" + bytes(100)},
}
LINES = ("one", "two", "three")


def updated(tmp_path, **faults):
    """A device whose proven version 1 has installed a version 2, which has not been started yet."""
    device = make_device(tmp_path / "device", application(1))
    archive = application(2, **faults)
    device.deliver(archive)
    events, code, errors = device.start("good", "install")
    assert (code, errors) == (0, "")
    assert events[1] == {"event": "installed", "version": 2}
    return device, archive


def test_a_device_starts_what_it_was_flashed_with(tmp_path):
    device = make_device(tmp_path / "device", application(1))
    events, code, errors = device.start()
    assert (code, errors) == (0, "")
    assert events == [{"event": "ready", "version": 1, "path": [f"{device.files}/a", ".frozen"]}]
    for _ in range(5):  # nothing to go back to: it is started for ever
        assert device.version() == 1
    assert device.counters() == {"tries_a": TRIES}
    device.start("good")
    assert device.counters() == {"tries_a": 0, "app_version": 1}


def test_a_new_version_runs_and_proves_itself(tmp_path):
    device, _ = updated(tmp_path)
    assert device.version() == 2
    assert device.counters()["tries_b"] == 1
    device.start("good")
    assert device.counters() == {"tries_a": 0, "tries_b": 0, "app_version": 2}
    for _ in range(5):  # loss of power no longer counts
        assert device.version() == 2
    assert device.counters()["tries_b"] == 0


@pytest.mark.parametrize("fault", CRASHES)
def test_a_new_version_that_ends_by_itself_is_given_up_after_three_tries(tmp_path, fault):
    device, archive = updated(tmp_path, **CRASHES[fault])
    version, resets, _ = device.run(*LINES)
    assert (version, resets) == (1, TRIES)
    assert device.counters()["app_bad"] == 2
    device.deliver(archive)
    _, _, events = device.run("install")
    assert "version 2 has failed on this device" in events[1]["words"]
    assert not (device.files / "application.new").exists()
    assert device.version() == 1
    device.deliver(application(3))
    device.run("good", "install")
    assert device.version() == 3


@pytest.mark.parametrize("where", ["before", "at_start"])
def test_a_new_version_that_hangs_is_given_up_after_three_resets_by_the_watchdog(tmp_path, where):
    device, _ = updated(tmp_path, **{where: HANGS})
    for _ in range(TRIES):
        device.hang()
    assert device.version() == 1
    assert device.counters()["app_bad"] == 2


def test_a_file_cut_short_hangs_the_interpreter_and_the_watchdog_ends_it(tmp_path):
    """MicroPython reads past the end of such bytecode for ever. A signed archive has none; a flash that ages may."""
    device, _ = updated(tmp_path)
    device.run("good")
    (device.files / "b/firmware/simulator.mpy").write_bytes(b"M\x06\x00\x1f")
    for _ in range(TRIES):
        device.hang(says_so=False)
    assert device.version() == 1
    assert "app_bad" not in device.counters()


def test_two_failed_tries_and_a_good_one_keep_the_new_version(tmp_path):
    twice = 'if board.load_counter("tries_b") < 3:\n    raise ValueError(1)'
    device, _ = updated(tmp_path, at_start=twice)
    version, resets, _ = device.run("good")
    assert (version, resets) == (2, 2)
    assert device.counters()["tries_b"] == 0


def test_being_offline_is_no_failure(tmp_path):
    """Wakes and goes to sleep in order, with no ack and never ten minutes long."""
    device, _ = updated(tmp_path)
    for _ in range(4 * TRIES):
        version, resets, _ = device.run("rest")
        assert (version, resets) == (2, 0)


def test_a_proven_version_that_breaks_gives_way_to_the_older_one_and_may_come_back(tmp_path):
    device, archive = updated(tmp_path)
    device.run("good")
    (device.files / "b/firmware/slots.mpy").write_bytes(b"")  # the flash ages
    version, resets, _ = device.run()
    assert (version, resets) == (1, TRIES)
    assert "app_bad" not in device.counters()
    device.deliver(archive)
    device.run("install")
    assert device.run("good")[0] == 2
    assert device.counters()["tries_b"] == 0


def test_a_slot_that_is_missing_or_unfinished_is_not_started(tmp_path):
    for number, spoil in enumerate(("b/release", "b", "b/release=", "b/release=x")):
        device, _ = updated(tmp_path / str(number))
        name, _, content = spoil.partition("=")
        path = device.files / name
        path.rename(tmp_path / f"away{number}")
        if "=" in spoil:
            path.write_text(content)
        assert device.run()[:2] == (1, 0), spoil
        assert (device.files / "slot").read_text() == "a"


def test_a_pointer_that_is_missing_or_damaged_is_made_good(tmp_path):
    device = make_device(tmp_path / "device", application(1))
    for content in (None, b"", b"c", b"\xff\xff"):
        (device.files / "slot").unlink(missing_ok=True)
        if content is not None:
            (device.files / "slot").write_bytes(content)
        assert device.version() == 1, content


def test_without_any_application_it_says_so(tmp_path):
    device = make_device(tmp_path / "device", application(1))
    (device.files / "a/release").unlink()
    events, code, _ = device.start()
    assert code == 1
    assert "no application" in events[0]["reason"]


def test_the_only_application_is_started_again_for_ever_and_a_lack_is_left_to_a_technician(tmp_path):
    device = make_device(tmp_path / "device", application(1, at_start="raise ValueError(1)"))
    for _ in range(2 * TRIES):
        events, code, errors = device.start()
        assert (events, code) == ([], RESET)
        assert "ValueError" in errors
    device = make_device(tmp_path / "other", application(1, at_start="sys.exit(2)"))
    assert device.start()[1] == 2
