"""The handheld's board: an ESP32 with stock MicroPython 1.26 to 1.29. Not yet run on hardware.

The table of pins is the only one: the wiring drawing is made from it (tools/wiring.py). Buttons close to 3.3 V (active
high), each with its own 10 kOhm to ground, on pins that the RTC sees in deep sleep: ext1 wakes at any high level, or at
all low ones, and nothing between. What is not fitted needs no setting: buzzer and light stay unconnected, and the
battery's pin is tied to ground.
"""

import os
import sys
import time

import machine
from esp32 import HEAP_DATA, NVS, WAKEUP_ANY_HIGH, Partition, idf_heap_info, wake_on_ext1
from machine import ADC, I2C, PWM, RTC, Pin

from firmware.board.displays import SSD1306, Display
from firmware.board.retained import read_part, write_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from network import WLAN

    from firmware.board.deadline import Network
    from firmware.board.interface import BlockDevice

PANEL = SSD1306  # or another one of displays.py; this one lights an SSD1309 too
BUTTON_PINS = (32, 33, 25, 26, 27, 14)  # answers 1 to 5 from the left, then the control button
DISPLAY_DATA_PIN = 21
DISPLAY_CLOCK_PIN = 22
LIGHT_PIN = 18
BUZZER_PIN = 19
BATTERY_PIN = 35  # an input only, on ADC1: ADC2 cannot be read while Wi-Fi is on
BATTERY_DIVIDER = 2  # two equal resistors

DISPLAY_BUS = 0
DISPLAY_HERTZ = 400000  # the most that the displays' datasheets allow
COUNTERS = "pet"  # name space in the nvs partition

POLL_MS = 10  # how often buttons are looked at while something is waited for
NAP_MS_MIN = 30  # falling into light sleep and out of it costs a few milliseconds
NAP_MS_MAX = 5000  # the watchdog is fed between two naps
SLEEP_S_MAX = 20 * 86400  # MicroPython takes milliseconds in 31 bits
# More than a name look-up can block (7 s) and an Ed25519 check takes (1 to 4 s), several times.
WATCHDOG_MS = 30000

# Battery voltage: each reading of the converter is some 10 mV off, and noisy.
BATTERY_READINGS = 8
BATTERY_MV_MIN = 2500  # no board runs from less: the pin is tied to ground

# Events: (hertz, milliseconds) of the buzzer; the light shines as long. Short and low: people sleep on wards.
SOUNDS = {"press": (1000, 15), "thanks": (1500, 120), "refused": (300, 300)}
QUIET_DUTY = 8192  # of 65,536: an eighth is plainly heard, and not across a room

# What TLS was seen to take of the memory outside Python's: 26 to 28 KB, 34 KB at its peak, in pieces of 16 KB.
TLS_FREE_BYTES = 45000
TLS_LARGEST_BYTES = 40000

# The register of ext1, for MicroPython before 1.29: bits are the RTC's own numbers of the buttons' pins, in the order
# of BUTTON_PINS (ESP32 technical reference manual, RTC_CNTL_EXT_WAKEUP1_STATUS_REG and the table of RTC_MUX pins).
EXT1_STATUS = 0x3FF480D0
RTC_NUMBERS = (9, 8, 6, 7, 17, 16)


class Board:
    """See firmware/board/interface.pyi."""

    def __init__(self) -> None:
        self.base = "MicroPython %d.%d.%d esp32" % sys.implementation.version[:3]
        self.files = ""  # the root of the vfs partition
        self._pins = [Pin(number, Pin.IN, Pin.PULL_DOWN) for number in BUTTON_PINS]
        data, clock = Pin(DISPLAY_DATA_PIN), Pin(DISPLAY_CLOCK_PIN)
        self._display = Display(I2C(DISPLAY_BUS, scl=clock, sda=data, freq=DISPLAY_HERTZ), PANEL)
        self.framebuffer = self._display.framebuffer
        self.width = self._display.width
        self.height = self._display.height
        self._light = Pin(LIGHT_PIN, Pin.OUT, value=0)
        self._buzzer: PWM | None = None
        self._quiet_ms = 0
        self._rtc = RTC()
        # MicroPython counts from 2000 on this port, and might count from 1970 on a later one.
        self._epoch = time.mktime((2020, 1, 1, 0, 0, 0, 2, 1))
        self._counters = NVS(COUNTERS)
        self._watchdog: "machine.WDT | None" = None
        self._wlan: "WLAN | None" = None
        self._network_state = ""
        self._woken_by = self._waking_levels()

    # --- buttons, screen, buzzer and light

    def levels(self) -> int:
        if self._watchdog:
            self._watchdog.feed()
        if self._buzzer and time.ticks_diff(self._quiet_ms, time.ticks_ms()) <= 0:
            self._be_quiet()
        levels = 0
        for place, pin in enumerate(self._pins):
            levels |= pin.value() << place
        return levels

    def wake_levels(self) -> int:
        return self._woken_by

    def show(self, name: str) -> None:  # noqa: ARG002 - the interface's
        self._display.show()

    def signal(self, event: str) -> None:
        hertz, duration_ms = SOUNDS[event]
        self._be_quiet()
        self._light.on()
        self._buzzer = PWM(Pin(BUZZER_PIN), freq=hertz, duty_u16=QUIET_DUTY)
        self._quiet_ms = time.ticks_add(time.ticks_ms(), duration_ms)

    # --- time and sleep

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

    def wait(self, limit_ms: int) -> None:
        """Light sleep ends at a high level, so while a button is down, or the buzzer sounds, this stays awake."""
        before = self.levels()
        ends_ms = time.ticks_add(time.ticks_ms(), limit_ms)
        while self.levels() == before:
            left_ms = time.ticks_diff(ends_ms, time.ticks_ms())
            if left_ms <= 0:
                return
            if before or self._buzzer or self._wlan or left_ms < NAP_MS_MIN:
                time.sleep_ms(min(POLL_MS, left_ms))
            else:
                self._nap(min(left_ms, NAP_MS_MAX))

    def restart(self) -> None:
        self.deep_sleep(1)

    def deep_sleep(self, seconds: int) -> None:
        self.network_down()
        self._be_quiet()
        self._display.light(False)
        # A button that is stuck would wake the chip again at once, over and over, until the battery is empty.
        wake_on_ext1([pin for pin in self._pins if not pin.value()], WAKEUP_ANY_HIGH)
        machine.deepsleep(max(1, min(seconds, SLEEP_S_MAX)) * 1000)

    def watch(self) -> None:
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)

    # --- what survives

    def retained(self, part: str) -> bytes:
        return read_part(self._rtc.memory(), part)

    def retain(self, part: str, data: bytes) -> None:
        self._rtc.memory(write_part(self._rtc.memory(), part, data))

    def load_counter(self, name: str) -> int:
        try:
            return self._counters.get_i32(name)
        except OSError:  # never stored
            return 0

    def store_counter(self, name: str, value: int) -> None:
        self._counters.set_i32(name, value)
        self._counters.commit()

    def flash(self, label: str) -> "BlockDevice":
        found: "list[Any]" = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError("no partition %s: flash this device again" % label)
        return found[0]  # type: ignore[no-any-return]

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    # --- power and memory

    def battery_mv(self) -> int:
        converter = ADC(Pin(BATTERY_PIN), atten=ADC.ATTN_11DB)
        readings = sorted([converter.read_uv() for _ in range(BATTERY_READINGS)])
        battery_mv = readings[BATTERY_READINGS // 2] * BATTERY_DIVIDER // 1000
        return battery_mv if battery_mv >= BATTERY_MV_MIN else 0

    def memory_is_short(self) -> bool:
        free = largest = 0
        for region in idf_heap_info(HEAP_DATA):  # each (all of it, free, largest free piece, least ever free)
            free += region[1]
            largest = max(largest, region[2])
        return free < TLS_FREE_BYTES or largest < TLS_LARGEST_BYTES

    # --- network

    def network_up(self, wifi: "list[dict[str, str]]", timeout_ms: int) -> None:
        from network import WLAN  # its driver takes memory from the first use on

        from firmware.board.wifi import join

        wlan = self._wlan = WLAN(WLAN.IF_STA)
        self._network_state, found = join(self, wlan, wifi, timeout_ms, self.retained("wifi"))
        self.retain("wifi", found)
        if self._network_state:
            raise OSError(self._network_state)

    def network_down(self, proved: bool = False) -> None:
        wlan = self._wlan
        self._wlan = None
        if wlan is None:
            return
        if not proved:
            from firmware.board.wifi import without_address

            self.retain("wifi", without_address(self.retained("wifi")))
        try:
            wlan.disconnect()
            wlan.active(False)
        except OSError:  # it was not up
            pass

    def network_state(self) -> str:
        return self._network_state

    def network(self, authorities: "list[bytes]", server_name: str, interrupted: "Callable[[], bool]") -> "Network":
        from firmware.board.deadline import Network  # in memory only while there is a sync

        return Network(authorities, server_name, time, interrupted)

    def tell(self, event: str, **fields: object) -> None:
        print(event, fields)

    def _nap(self, duration_ms: int) -> None:
        wake_on_ext1(self._pins, WAKEUP_ANY_HIGH)
        machine.lightsleep(duration_ms)
        for pin in self._pins:  # ext1 has handed them to the RTC
            pin.init(Pin.IN, Pin.PULL_DOWN)

    def _be_quiet(self) -> None:
        if self._buzzer:
            self._buzzer.deinit()
            self._buzzer = None
            self._light.off()

    def _waking_levels(self) -> int:
        """The buttons that ended deep sleep; those that are down still where the chip does not say."""
        if machine.reset_cause() != machine.DEEPSLEEP_RESET or machine.wake_reason() != machine.EXT1_WAKE:
            return 0
        levels = 0
        if hasattr(machine, "wake_pins"):
            for place, number in enumerate(BUTTON_PINS):
                if number in machine.wake_pins():
                    levels |= 1 << place
        else:
            status = machine.mem32[EXT1_STATUS]
            for place, number in enumerate(RTC_NUMBERS):
                levels |= (status >> number & 1) << place
        return levels or self.levels()
