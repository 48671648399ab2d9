"""What `firmware/board/esp32.py` finds on the chip, imitated: pins, RTC from 2000, nvs, partitions, Wi-Fi, display."""

import time as host_time

from tests.esp32_display import Panel
from tests.esp32_radio import Wlan
from tests.esp32_time import FROM_2000_TO_1970, Time

# The pins that the RTC sees, in the order of its own numbers (technical reference manual, table of RTC_MUX pins).
RTC_PINS = (36, 37, 38, 39, 34, 35, 25, 26, 33, 32, 4, 0, 2, 15, 13, 12, 14, 27)
EXT1_STATUS = 0x3FF480D0
STEP_MS = 10  # in which light sleep passes


class DeepSleep(BaseException):
    """The chip sleeps deeply: the program is gone."""


class Chip:
    """Everything that is soldered on, and the modules that reach it. `release`: of MicroPython, as (1, 26)."""

    def __init__(self, release=(1, 29), controller="ssd1306"):
        self.time = Time(self)
        self.down = set()  # numbers of the pins that are high
        self.pulled_down = set()
        self.driven = {}  # outputs
        self.with_the_rtc = set()  # pins that a light sleep has taken from the digital side
        self.ext1 = set()
        self.naps = []
        self.slept_ms = None
        self.woken_by = None  # None: no deep sleep; else the pins, none of them when it was time
        self.fed_ms = None
        self.watchdog_ms = None
        self.sound = None
        self.battery_uv = []
        self.heap = [(200000, 100000, 90000, 80000)]
        self.memory = b""
        self.nvs = {}
        self.committed = {}
        self.partitions = {}
        self.display = Panel(controller)
        self.air = {}  # network -> (password, milliseconds until joined)
        self.hidden = set()
        self.scans = 0
        self.joined = None
        self.address = None  # set by hand; None: DHCP
        self.channel = None
        self.radio = False
        self.machine = self._machine(release)
        self.esp32 = Names(
            HEAP_DATA=4,
            WAKEUP_ANY_HIGH=True,
            NVS=lambda space: Nvs(self, space),
            Partition=self._partition(),
            idf_heap_info=self._heap_info,
            wake_on_ext1=self._wake_on_ext1,
        )
        self.network = Names(WLAN=self._wlan())

    def _machine(self, release):
        machine = Names(
            ADC=self._adc(),
            DEEPSLEEP_RESET=4,
            EXT1_WAKE=3,
            I2C=self._bus,
            PWM=self._pwm(),
            Pin=self._pin(),
            RTC=lambda: Rtc(self),
            WDT=self._watchdog(),
            deepsleep=self._deepsleep,
            lightsleep=self._lightsleep,
            mem32={},
            reset_cause=lambda: 1 if self.woken_by is None else 4,
            wake_reason=lambda: 3 if self.woken_by else 4,
        )
        if release >= (1, 29):
            machine.wake_pins = lambda: tuple(self.woken_by or ())
        return machine

    def wake(self, *pins):
        """What is left of deep sleep for the next program: RTC, its memory, nvs, and who woke it."""
        self.woken_by = set(pins)
        self.machine.mem32[EXT1_STATUS] = sum([1 << RTC_PINS.index(pin) for pin in pins])
        self.pulled_down = set()
        self.with_the_rtc = set()
        self.watchdog_ms = self.sound = None

    def sleep_through(self):
        """Pass the time of the deep sleep that has begun, until a pin that may wake it is high, or all of it."""
        ends_ms = self.time.now_ms + self.slept_ms
        self.watchdog_ms = None
        while not self.down & self.ext1 and self.time.now_ms < ends_ms:
            self.pass_time(STEP_MS)
        self.wake(*(self.down & self.ext1))

    def pass_time(self, duration_ms):
        self.time.now_ms += duration_ms
        if self.watchdog_ms:
            assert self.time.now_ms - self.fed_ms < self.watchdog_ms, "the watchdog resets it"
        if self.time.on_sleep:
            self.time.on_sleep()

    def _deepsleep(self, duration_ms):
        assert 0 < duration_ms < 1 << 31
        self.slept_ms = duration_ms
        raise DeepSleep

    def _lightsleep(self, duration_ms):
        """Ends early at a high level of a pin that may wake it."""
        assert 0 < duration_ms < 1 << 31
        assert not self.radio
        begun_ms = self.time.now_ms
        while not self.down & self.ext1 and self.time.now_ms - begun_ms < duration_ms:
            self.pass_time(STEP_MS)
        self.naps.append(self.time.now_ms - begun_ms)
        self.with_the_rtc |= self.ext1

    def _wake_on_ext1(self, pins, level):
        assert level is True
        self.ext1 = {pin.number for pin in pins}
        assert self.ext1 <= set(RTC_PINS)

    def _heap_info(self, capabilities):
        assert capabilities == 4
        return self.heap

    def _pin(self):
        chip = self

        class Pin:
            IN = 1
            OUT = 3
            PULL_DOWN = 1

            def __init__(self, number, mode=None, pull=None, *, value=None):
                self.number = number
                self.init(mode, pull)
                if value is not None:
                    chip.driven[number] = value

            def init(self, mode=None, pull=None):
                if mode is not None:
                    chip.with_the_rtc.discard(self.number)
                if mode == Pin.IN and pull == Pin.PULL_DOWN:
                    chip.pulled_down.add(self.number)

            def value(self):
                assert self.number not in chip.with_the_rtc, "the RTC has this pin: initialise it again"
                return int(self.number in chip.down)

            def on(self):
                chip.driven[self.number] = 1

            def off(self):
                chip.driven[self.number] = 0

        return Pin

    def _adc(self):
        chip = self

        class ADC:
            ATTN_11DB = 3

            def __init__(self, pin, *, atten):
                assert 32 <= pin.number <= 39  # ADC1
                assert atten == 3

            def read_uv(self):
                chip.battery_uv = chip.battery_uv[1:] + chip.battery_uv[:1]
                return chip.battery_uv[-1] if chip.battery_uv else 142000  # grounded: it never reads 0

        return ADC

    def _pwm(self):
        chip = self

        class PWM:
            def __init__(self, pin, *, freq, duty_u16):
                assert 0 < duty_u16 <= 32768
                assert chip.sound is None
                chip.sound = (pin.number, freq)

            def deinit(self):
                chip.sound = None

        return PWM

    def _watchdog(self):
        chip = self

        class WDT:
            def __init__(self, *, timeout):
                chip.watchdog_ms = timeout
                self.feed()

            def feed(self):
                chip.fed_ms = chip.time.now_ms

        return WDT

    def _bus(self, number, *, scl, sda, freq):
        assert number in (0, 1)
        assert freq <= 400000
        assert scl.number != sda.number
        return self.display

    def _partition(self):
        chip = self

        class Partition:
            TYPE_DATA = 1

            @classmethod
            def find(cls, kind, label):
                assert kind == 1
                return [chip.partitions[label]] if label in chip.partitions else []

        return Partition

    def _wlan(self):
        chip = self

        class WLAN(Wlan):
            IF_STA = 0

            def __init__(self, interface):
                assert interface == 0
                Wlan.__init__(self, chip)

        return WLAN


class Names:
    """Stands for a module."""

    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)


class Rtc:
    def __init__(self, chip):
        self.chip = chip

    def datetime(self, moment):
        year, month, day, weekday, hour, minute, second, _ = moment
        time = self.chip.time
        assert host_time.gmtime(time.mktime((year, month, day, 0, 0, 0)) + FROM_2000_TO_1970)[6] == weekday
        time.at_power_on = time.mktime((year, month, day, hour, minute, second)) - time.now_ms // 1000

    def memory(self, data=None):
        if data is None:
            return self.chip.memory
        self.chip.memory = bytes(data)
        return None


class Nvs:
    def __init__(self, chip, space):
        self.chip, self.space = chip, space
        assert len(space) <= 15

    def get_i32(self, key):
        if (self.space, key) not in self.chip.nvs:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")
        return self.chip.nvs[self.space, key]

    def set_i32(self, key, value):
        assert len(key) <= 15
        assert -(1 << 31) <= value < 1 << 31
        self.chip.nvs[self.space, key] = value

    def commit(self):
        self.chip.committed = dict(self.chip.nvs)
