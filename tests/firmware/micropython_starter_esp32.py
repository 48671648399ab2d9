"""The ESP32's starter on an imitated chip, whose file system is the root: what it starts, counts and watches."""

import os
import sys

import vfs

from tests.esp32_chip import Names

PWRON, HARD, WATCHDOG, DEEPSLEEP, SOFT = 1, 2, 3, 4, 5
STARTING_MS = 60000
CONSOLE_MS = 3600000


class Reset(BaseException):
    """The chip starts again."""


class State:
    """Everything that lasts: the nvs, and what the test looks at."""

    def __init__(self):
        self.nvs = {}
        self.cause = PWRON
        self.watchdog_ms = 0
        self.slept_ms = 0


state = State()


class Nvs:
    def __init__(self, space):
        assert space == "pet"

    def get_i32(self, key):
        if key not in state.nvs:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")
        return state.nvs[key]

    def set_i32(self, key, value):
        if state.nvs is FULL:
            raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        assert len(key) <= 15
        state.nvs[key] = value

    def commit(self):
        pass


FULL = {"app_version": 0}


class Wdt:
    def __init__(self, *, timeout):
        state.watchdog_ms = timeout


def reset():
    raise Reset


def sleep_ms(duration_ms):
    state.slept_ms += duration_ms


real_time = sys.modules.get("time")
machine = Names(WDT=Wdt, reset=reset, PWRON_RESET=PWRON, DEEPSLEEP_RESET=DEEPSLEEP, reset_cause=lambda: state.cause)
for name, module in (("machine", machine), ("esp32", Names(NVS=Nvs)), ("time", Names(sleep_ms=sleep_ms))):
    sys.modules[name] = module
from firmware.board import choose_esp32, start_esp32  # noqa: E402 - they import the chip's modules

sys.modules["time"] = real_time
assert choose_esp32


def started(application, slots=("a",), version=1, nvs=None, cause=PWRON):
    """How a start ends with this application: "reset", "console", "interrupted" or "off"; and the path of imports."""
    state.nvs = {} if nvs is None else nvs
    state.cause = cause
    state.watchdog_ms = state.slept_ms = 0
    seen = []

    def run():
        seen.append(list(sys.path))
        application()

    flash = vfs.VfsLfs2
    device = Ram(32)
    flash.mkfs(device)
    path = list(sys.path)
    vfs.umount("/")
    vfs.mount(flash(device), "/")
    sys.modules["firmware.handheld"] = Names(run=run)
    try:
        for slot in slots:
            os.mkdir("/" + slot)
            with open("/" + slot + "/release", "w") as file:
                file.write("%d x" % version)
            version += 1
        with open("/slot", "w") as file:
            file.write(slots[-1] if slots else "")
        start_esp32.run()
        ended = "console"
    except Reset:
        ended = "reset"
    except KeyboardInterrupt:
        ended = "interrupted"
    except PowerOff:
        ended = "off"
    finally:
        del sys.modules["firmware.handheld"]
        vfs.umount("/")
        vfs.mount(vfs.VfsPosix(), "/")
        sys.path[:] = path
    return ended, seen


class Ram:
    def __init__(self, blocks):
        self.cells = bytearray(512 * blocks)

    def readblocks(self, block, buffer, offset=0):
        at = 512 * block + offset
        buffer[:] = self.cells[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = 512 * block + offset
        self.cells[at : at + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        return {4: len(self.cells) // 512, 5: 512}.get(operation, 0)


class PowerOff(BaseException):
    """While the application ran."""


def runs():
    raise PowerOff


def fails():
    raise ValueError("a bug")


def lacks():
    pass


def interrupted():
    raise KeyboardInterrupt


def test_it_starts_the_slot_under_a_watchdog():
    assert started(runs) == ("off", [["/a", ".frozen"]])
    assert state.watchdog_ms == STARTING_MS
    assert state.nvs == {"tries_a": 1}
    assert started(runs, slots=("a", "b")) == ("off", [["/b", ".frozen"]])
    assert state.nvs == {"tries_b": 1}


def test_a_proven_version_costs_nothing_to_start():
    for cause in (PWRON, DEEPSLEEP):
        started(runs, nvs={"app_version": 1}, cause=cause)
        assert state.nvs == {"app_version": 1}
    for cause in (HARD, WATCHDOG, SOFT):  # it failed, or hung
        started(runs, nvs={"app_version": 1}, cause=cause)
        assert state.nvs == {"app_version": 1, "tries_a": 1}


def test_an_exception_starts_again_with_time_for_a_technician():
    assert started(fails)[0] == "reset"
    assert state.slept_ms == 3000


def test_a_device_that_lacks_a_part_waits_for_a_technician():
    assert started(lacks)[0] == "console"
    assert state.watchdog_ms == CONSOLE_MS
    assert started(lacks, nvs={"app_version": 2}, slots=("a", "b"))[0] == "console"


def test_a_new_version_is_not_believed_when_it_says_so():
    assert started(lacks, slots=("a", "b"), nvs={"app_version": 1})[0] == "reset"


def test_a_technician_gets_the_console():
    assert started(interrupted)[0] == "interrupted"
    assert state.watchdog_ms == CONSOLE_MS


def test_without_an_application_it_leaves_the_console():
    assert started(runs, slots=()) == ("console", [])
    assert state.watchdog_ms == 0


def test_a_full_nvs_starts_all_the_same():
    assert started(runs, nvs=FULL)[0] == "off"


def test_three_failed_tries_lead_back():
    nvs = {"app_version": 1}
    tried = [started(runs, slots=("a", "b"), nvs=nvs)[1][0][0] for _ in range(4)]
    assert tried == ["/b", "/b", "/b", "/a"]
    assert nvs["app_bad"] == 2
