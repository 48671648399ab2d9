"""The handheld's board: an ESP32 with stock MicroPython 1.26 to 1.29. Not yet run on hardware.

Buttons close to 3.3 V (active high), each with its own 10 kOhm to ground, on pins that the RTC sees in deep sleep: ext1
wakes at any high level, or at all low ones, and nothing between. The wiring is the table of pins below.

There is no watchdog yet. Once started it cannot be stopped, so it would reset a device that a technician holds at the
prompt; and it must allow more than the 8 s for which a name look-up can block. It belongs into `levels`, which every
wait calls.
"""

import os
import sys
import time

from esp32 import NVS, Partition
from machine import I2C, RTC, Pin

from firmware.board.ssd1306 import HEIGHT, WIDTH, Ssd1306

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from network import WLAN

    from firmware.board.deadline import Network

BUTTON_PINS = (32, 33, 25, 26, 27, 14)  # answers 1 to 5 from the left, then the control button
DISPLAY_DATA_PIN = 21
DISPLAY_CLOCK_PIN = 22
DISPLAY_BUS = 0
DISPLAY_HERTZ = 400000  # the most that the display's datasheet allows

COUNTERS = "pet"  # name space in the nvs partition
POLL_MS = 10  # how often buttons are looked at while something is waited for
# A failed attempt is given up after so many, with its reason; 0 would try for ever and never say why.
WIFI_TRIES = 2
CONNECTING = 1001  # network.STAT_CONNECTING
REASONS = {201: "not in reach", 202: "wrong password", 15: "wrong password", 204: "wrong password"}


class Board:
    """See firmware/board/interface.pyi."""

    def __init__(self) -> None:
        self.base = "MicroPython %d.%d.%d esp32" % sys.implementation.version[:3]
        self.files = ""  # the root of the vfs partition
        self.width = WIDTH
        self.height = HEIGHT
        self._pins = [Pin(number, Pin.IN, Pin.PULL_DOWN) for number in BUTTON_PINS]
        data, clock = Pin(DISPLAY_DATA_PIN), Pin(DISPLAY_CLOCK_PIN)
        self._display = Ssd1306(I2C(DISPLAY_BUS, scl=clock, sda=data, freq=DISPLAY_HERTZ))
        self.framebuffer = self._display.framebuffer
        self._rtc = RTC()
        # MicroPython counts from 2000 on this port, and might count from 1970 on a later one.
        self._epoch = time.mktime((2020, 1, 1, 0, 0, 0, 2, 1))
        self._counters = NVS(COUNTERS)
        self._wlan: "WLAN | None" = None

    def levels(self) -> int:
        levels = 0
        for place, pin in enumerate(self._pins):
            levels |= pin.value() << place
        return levels

    def show(self, name: str) -> None:  # noqa: ARG002 - the interface's
        self._display.show()

    def wait(self, limit_ms: int) -> None:
        """Until so much time has passed, or a button has moved."""
        before = self.levels()
        ends_ms = time.ticks_add(time.ticks_ms(), limit_ms)
        while self.levels() == before:
            left_ms = time.ticks_diff(ends_ms, time.ticks_ms())
            if left_ms <= 0:
                return
            time.sleep_ms(min(POLL_MS, left_ms))

    # --- time

    def ticks_ms(self) -> int:
        return time.ticks_ms()

    def ticks_diff(self, later: int, earlier: int) -> int:
        return time.ticks_diff(later, earlier)

    def ticks_add(self, ticks: int, delta_ms: int) -> int:
        return time.ticks_add(ticks, delta_ms)

    def rtc_seconds(self) -> int:
        return time.time() - self._epoch

    def set_rtc(self, instant: int) -> None:
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(instant + self._epoch)
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))

    # --- what survives

    def retained(self) -> bytes:
        return self._rtc.memory()

    def retain(self, data: bytes) -> None:
        self._rtc.memory(data)

    def load_counter(self, name: str) -> int:
        try:
            return self._counters.get_i32(name)
        except OSError:  # never stored
            return 0

    def store_counter(self, name: str, value: int) -> None:
        self._counters.set_i32(name, value)
        self._counters.commit()

    def flash(self, label: str) -> Partition:
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError("no partition %s: flash this device again" % label)
        return found[0]

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    def battery_mv(self) -> int:
        return 0  # not measured yet

    # --- network

    def network_up(self, wifi: "list[dict[str, str]]", timeout_ms: int) -> None:
        """Try the networks in their order; each gets an equal share of the time that is left."""
        from network import WLAN  # its driver takes memory from the first use on

        wlan = self._wlan = WLAN(WLAN.IF_STA)
        wlan.active(True)
        wlan.config(reconnects=WIFI_TRIES)
        ends_ms = time.ticks_add(time.ticks_ms(), timeout_ms)
        failures = []
        for place, entry in enumerate(wifi):
            left_ms = max(0, time.ticks_diff(ends_ms, time.ticks_ms()))
            reason = self._join(wlan, entry, left_ms // (len(wifi) - place))
            if reason is None:
                return
            failures.append("%s: %s" % (entry["ssid"], reason))
        raise OSError("no Wi-Fi: " + ("; ".join(failures) or "none in the settings"))

    def network_down(self) -> None:
        wlan = self._wlan
        self._wlan = None
        if wlan is None:
            return
        try:
            wlan.disconnect()
            wlan.active(False)
        except OSError:  # it was not up
            pass

    def network(self, ca_der: "bytes | None", server_name: str, interrupted: "Callable[[], bool]") -> "Network":
        from firmware.board.deadline import Network  # in memory only while there is a sync

        return Network(ca_der, server_name, time, interrupted)

    def tell(self, event: str, **fields: object) -> None:
        print(event, fields)

    def _join(self, wlan: "WLAN", entry: "dict[str, str]", timeout_ms: int) -> "str | None":
        """None when connected, else why not. Raises LinkError at a press."""
        before = self.levels()
        wlan.connect(entry["ssid"], entry.get("password"))
        ends_ms = time.ticks_add(time.ticks_ms(), timeout_ms)
        while not wlan.isconnected():
            if self.levels() & ~before:
                from firmware.link_error import INTERRUPTED, LinkError

                raise LinkError(INTERRUPTED, "interrupted by a press while joining the Wi-Fi")
            status = wlan.status()
            if status != CONNECTING:
                return REASONS.get(status, "failed with status %d" % status)
            if time.ticks_diff(ends_ms, time.ticks_ms()) <= 0:
                wlan.disconnect()
                return "no answer in time"
            time.sleep_ms(POLL_MS)
        return None
