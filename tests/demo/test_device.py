"""A simulated device as the demo starts it: one process at a time on one flash."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.demo.device import SimulatedDevice
from tests.device_directory import make_device
from tests.device_program import application
from tests.parts import need

DEADLINE_S = 60


@pytest.fixture
def directory(tmp_path):
    """The folder of a provisioned device that has no broker."""
    need("micropython")
    folder = tmp_path / "device"
    folder.mkdir()
    return make_device(folder)


def somebody_waits_for(path):
    """Whether a process is held up by a lock on this file."""
    inode = f":{path.stat().st_ino} "
    return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="who waits for a lock is read from /proc")
def test_a_second_process_on_the_same_flash_waits_until_the_first_has_ended(directory):
    """Also when nobody holds the first one's hand any more: two would write over each other's answers."""
    first = SimulatedDevice(directory, application())
    os.kill(first._process.pid, signal.SIGSTOP)  # busy, for as long as this test likes
    with ThreadPoolExecutor(1) as other:
        try:
            starting = other.submit(SimulatedDevice, directory, application())
            deadline = time.monotonic() + DEADLINE_S
            while not (starting.done() or somebody_waits_for(directory / "in_use")):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert not starting.done()
        finally:
            first.kill()
            second = starting.result()
        second.close()


def test_a_device_that_has_ended_leaves_its_flash_to_the_next(directory):
    for _ in range(2):
        SimulatedDevice(directory, application()).close()


def test_ctrl_c_in_the_terminal_is_not_for_the_device(directory):
    """The demo puts its devices to sleep; one that ended by itself would be a failure to it."""
    device = SimulatedDevice(directory, application())
    try:
        assert os.getpgid(device._process.pid) == device._process.pid
    finally:
        device.close()
