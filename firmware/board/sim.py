"""The simulated board: the same interface as the ESP32's, over files, a pipe and a clock that can be virtual.

A folder is the device: `journal.nor` and `pet_id.bin` are its flash partitions, `vfs/` its file system,
`counters.json` its small counters. Ending with `keep_power` keeps RTC and RTC memory in `retained.bin`; any other end
of the process is a loss of power: the RTC starts again in 2000, as an ESP32's does. A file named
`unplugged` in the folder takes the network away.

Deep sleep ends the program, not the process: `deep_sleep` raises Asleep, and whoever runs the program lets time pass
while `asleep()`, then starts it anew.
"""

import os
import sys
import time
from binascii import b2a_base64
from json import dumps, load
from select import POLLIN, poll
from struct import pack, unpack

import framebuf

from firmware.board.nor import NorFlash
from firmware.board.retained import read_part, write_part
from protocol.instants import UNIX_OFFSET_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.deadline import Network

WIDTH = 128
HEIGHT = 64
PRESS_MS = 60  # how long a scripted button stays down
HOLD_MS = 1000
GAP_MS = 60  # and how long it is let go before the next one
POWER_ON_RTC = -631152000  # 2000-01-01 as PET time
UNPLUGGED = "unplugged"  # a file of this name in the folder: there is no network
RETAINED_HEAD = "<q"  # RTC minus the host's clock


class RealTicks:
    """MicroPython's own millisecond clock: what sockets wait by, even while the device's clock is virtual."""

    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)
    ticks_add = staticmethod(time.ticks_add)


class Asleep(BaseException):
    """The program is over, for now: the chip sleeps deeply. No program may catch it."""


class Board:
    """`virtual`: PET time at which a virtual clock starts, or None for the host's clock.

    A scenario may set `battery`, in mV (0: runs from the wall), and `memory_short`.
    """

    def __init__(self, directory: str, virtual: "int | None" = None, quiet: bool = False) -> None:
        self.directory = directory
        self.files = directory + "/vfs"
        self.base = "MicroPython %d.%d.%d sim" % sys.implementation.version[:3]
        self.width = WIDTH
        self.height = HEIGHT
        self._buffer = bytearray(WIDTH * HEIGHT // 8)
        self.framebuffer = framebuf.FrameBuffer(self._buffer, WIDTH, HEIGHT, framebuf.MONO_VLSB)
        self.battery = 0
        self.memory_short = False
        self.restarting = False
        self._quiet = quiet
        self._wakes_ms: int | None = None  # when deep sleep ends by itself; None: awake
        self._held = 0  # buttons that were down when it fell asleep
        self._woken_by = 0
        self._virtual_ms: int | None = None if virtual is None else 0
        self._presses: list[tuple[int, int, int]] = []  # (button, down at, up at), in ticks
        self._input = poll()
        self._input.register(sys.stdin, POLLIN)
        self._offset_s, self._retained = self._wake()
        if virtual is not None:
            self.set_rtc(virtual)

    # --- buttons and screen

    def levels(self) -> int:
        now_ms = self.ticks_ms()
        while self._presses and self.ticks_diff(now_ms, self._presses[0][2]) >= GAP_MS:
            self._presses.pop(0)
        levels = 0
        for button, down_ms, up_ms in self._presses:
            if self.ticks_diff(now_ms, down_ms) >= 0 and self.ticks_diff(up_ms, now_ms) > 0:
                levels |= 1 << (button - 1)
        return levels

    def push(self, button: int, duration_ms: int) -> None:
        """A finger: the button goes down now, or as soon as the one before has been let go."""
        down_ms = self.ticks_ms()
        if self._presses:
            after_ms = self.ticks_add(self._presses[-1][2], GAP_MS)
            if self.ticks_diff(after_ms, down_ms) > 0:
                down_ms = after_ms
        self._presses.append((button, down_ms, self.ticks_add(down_ms, duration_ms)))

    def push_together(self, buttons: "tuple[int, ...]", duration_ms: int) -> None:
        """Several fingers: these buttons go down now."""
        down_ms = self.ticks_ms()
        for button in buttons:
            self._presses.append((button, down_ms, self.ticks_add(down_ms, duration_ms)))

    def busy(self) -> bool:
        """Whether a scripted press is still to come or to end."""
        self.levels()
        return bool(self._presses)

    def wake_levels(self) -> int:
        return self._woken_by

    def signal(self, event: str) -> None:
        pass  # a browser has no buzzer

    def show(self, name: str) -> None:
        if not self._quiet:
            frame = b2a_base64(self._buffer).decode().strip()
            self._say({"event": "screen", "name": name, "frame": frame})

    # --- time

    def ticks_ms(self) -> int:
        return time.ticks_ms() if self._virtual_ms is None else self._virtual_ms

    def ticks_diff(self, later: int, earlier: int) -> int:
        return time.ticks_diff(later, earlier) if self._virtual_ms is None else later - earlier

    def ticks_add(self, ticks: int, delta_ms: int) -> int:
        return time.ticks_add(ticks, delta_ms) if self._virtual_ms is None else ticks + delta_ms

    def pass_time(self, limit_ms: int) -> bool:
        """Let up to this much time pass: less when a button changes. On the host's clock also less, and True, when a
        command waits.
        """
        now_ms = self.ticks_ms()
        if self._wakes_ms is not None:
            limit_ms = max(0, min(limit_ms, self.ticks_diff(self._wakes_ms, now_ms)))
        for _, down_ms, up_ms in self._presses[:2]:
            for change_ms in (down_ms, up_ms, self.ticks_add(up_ms, GAP_MS)):
                left_ms = self.ticks_diff(change_ms, now_ms)
                if 0 < left_ms < limit_ms:
                    limit_ms = left_ms
        if self._virtual_ms is None:
            return bool(self._input.poll(limit_ms))
        self._virtual_ms += limit_ms
        return False

    def wait(self, limit_ms: int) -> None:
        self.pass_time(limit_ms)

    def deep_sleep(self, seconds: int) -> None:
        self._wakes_ms = self.ticks_add(self.ticks_ms(), seconds * 1000)
        self._held = self.levels()
        raise Asleep

    def restart(self) -> None:
        self.restarting = True
        self.deep_sleep(1)

    def asleep(self) -> bool:
        """Whether it still sleeps deeply. What lets time pass meanwhile is `pass_time`."""
        if self._wakes_ms is None:
            return False
        levels = self.levels()
        self._held &= levels
        self._woken_by = levels & ~self._held
        if self._woken_by or self.ticks_diff(self._wakes_ms, self.ticks_ms()) <= 0:
            self._wakes_ms = None
            self.framebuffer.fill(0)  # RAM is gone; the display still shows what it showed
        return self._wakes_ms is not None

    def wake(self) -> None:
        """End deep sleep by hand, as its time would."""
        self._wakes_ms = None

    def watch(self) -> None:
        pass  # whoever started the process watches it

    def rtc_seconds(self) -> int:
        return self._host_seconds() + self._offset_s

    def set_rtc(self, instant: int) -> None:
        self._offset_s = instant - self._host_seconds()

    # --- what survives

    def retained(self, part: str) -> bytes:
        return read_part(self._retained, part)

    def retain(self, part: str, data: bytes) -> None:
        self._retained = write_part(self._retained, part, data)

    def keep_power(self) -> None:
        """Keep RTC and RTC memory over the end of this process."""
        offset_s = self.rtc_seconds() - (int(time.time()) - UNIX_OFFSET_S)
        with open(self.directory + "/retained.bin", "wb") as file:
            file.write(pack(RETAINED_HEAD, offset_s) + self._retained)

    def load_counter(self, name: str) -> int:
        try:
            with open(self.directory + "/counters.json") as file:
                return int(load(file).get(name, 0))
        except (OSError, ValueError):
            return 0

    def store_counter(self, name: str, value: int) -> None:
        path = self.directory + "/counters.json"
        try:
            with open(path) as file:
                counters = load(file)
        except (OSError, ValueError):
            counters = {}
        counters[name] = value
        with open(path + ".new", "w") as file:
            file.write(dumps(counters))
        os.rename(path + ".new", path)

    def flash(self, label: str) -> NorFlash:
        if label == "journal":
            return NorFlash(self.directory + "/journal.nor")
        return NorFlash(self.directory + "/pet_id.bin", 1)

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    def battery_mv(self) -> int:
        return self.battery

    def memory_is_short(self) -> bool:
        return self.memory_short

    # --- network

    def network_up(self, wifi: "list[dict[str, str]]", timeout_ms: int) -> None:  # noqa: ARG002 - of every board
        """The host's network is up, unless somebody has pulled this device's plug. Raises OSError."""
        try:
            os.stat(self.directory + "/" + UNPLUGGED)
        except OSError:
            return
        raise OSError("the network is unplugged")

    def network_down(self, proved: bool = False) -> None:
        pass

    def network_state(self) -> str:
        return ""

    def network(self, authorities: "list[bytes]", server_name: str, interrupted: "Callable[[], bool]") -> "Network":
        from firmware.board.deadline import Network  # in memory only while there is a sync

        return Network(authorities, server_name, RealTicks, interrupted)

    def tell(self, event: str, **fields: object) -> None:
        fields["event"] = event
        self._say(fields)

    def _say(self, fields: "dict[str, object]") -> None:
        print(dumps(fields))

    def _host_seconds(self) -> int:
        if self._virtual_ms is not None:
            return self._virtual_ms // 1000
        return int(time.time()) - UNIX_OFFSET_S

    def _wake(self) -> "tuple[int, bytes]":
        """(RTC minus host clock, RTC memory) left by a deep sleep; after a loss of power, 2000 and nothing."""
        path = self.directory + "/retained.bin"
        try:
            with open(path, "rb") as file:
                data = file.read()
            os.remove(path)
            return unpack(RETAINED_HEAD, data[:8])[0], data[8:]
        except OSError:
            return POWER_ON_RTC - self._host_seconds(), b""
