"""The application as it is built for the ESP32, started on an imitated chip. Not a run on hardware."""

import json
import shutil
import subprocess

import pytest

from tests.device_directory import make_device
from tests.parts import ROOT, micropython_environment, need
from tools.application import build_application

TIMEOUT_S = 120  # only a hang takes longer


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    """The application of the ESP32, built once for all tests."""
    directory = tmp_path_factory.mktemp("esp32") / "app"
    build_application(directory, "esp32")
    return directory


@pytest.fixture
def run(tmp_path, application):
    """Start a device with these parts left out or replaced; its console, and what the chip holds when it is over.

    `presses_s`: when the outermost left button is pressed; by default every two seconds, through two questionnaires.
    """

    def start(*presses_s, **parts):
        directory = make_device(tmp_path / "device", **parts)
        for file in (directory / "vfs").iterdir():
            file.rename(directory / file.name)  # the root of the device's own file system
        if not (directory / "pet_id.bin").exists():
            (directory / "pet_id.bin").write_bytes(b"")
        shutil.copytree(application, directory / "app")
        done = subprocess.run(
            [need("micropython"), ROOT / "tests/firmware_program/on_chip.py", directory, *map(str, presses_s)],
            cwd=ROOT,
            env=micropython_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        *console, last = done.stdout.splitlines()
        return console, json.loads(last)

    return start


def test_two_people_answer_on_the_application_of_the_esp32(run):
    console, left = run()
    assert [line.split()[0] for line in console] == ["ready", "thanked", "thanked"]
    assert left["ended"] == "power"
    assert left["records"] == [[0x11, 0x11, 0x01, 0, 0, 0]] * 2  # the leftmost option, five times
    assert left["screens"] >= 8  # start, five questions, chosen words, thanks
    assert left["counters"]["boots"] == 1
    assert left["counters"]["session"] > 0


def test_between_two_presses_it_sleeps_lightly(run):
    _, left = run()
    assert left["naps_s"] >= 20  # of 30; while a button is down it is awake


def test_the_press_that_wakes_it_from_deep_sleep_counts(run):
    """Nobody comes for 100 s; then one press to wake and begin, one for the promise, five answers."""
    console, left = run(*range(100, 114, 2))
    assert [line.split()[0] for line in console] == ["ready", "ready", "thanked"]
    assert left["starts"] == 2
    assert left["records"] == [[0x11, 0x11, 0x01, 0, 0, 0]]
    assert left["counters"]["boots"] == 1  # waking is no boot


def test_one_press_less_is_one_answer_less(run):
    console, left = run(*range(102, 114, 2))
    assert [line.split()[0] for line in console] == ["ready", "ready"]
    assert left["records"] == []


def test_a_device_without_an_identity_says_so_and_leaves_the_console(run):
    console, left = run(identity=None)
    assert left["ended"] == "lacking"
    assert "no identity" in console[-1]
    assert left["records"] == []
    assert left["screens"] == 0  # nobody pressed; the words stand on the display


def test_no_source_and_nothing_of_the_simulator_reaches_the_device(tmp_path):
    built = build_application(tmp_path / "app", "esp32")
    assert {file.suffix for file in built} == {".mpy"}
    assert not [file for file in built if file.stem in ("simulator", "sim", "nor")]
    assert b"FaultyFlash" not in b"".join(file.read_bytes() for file in built)
