"""What `firmware/board/esp32.py` finds on the chip, imitated: pins, RTC from 2000, nvs, partitions, Wi-Fi, display."""

import time as host_time

FROM_2000_TO_1970 = 946684800
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Arguments of each command, after the SSD1306 datasheet's table 9-1; those of one byte have none.
DISPLAY_ARGUMENTS = {0x20: 1, 0x21: 2, 0x22: 2, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}
DISPLAY_SINGLE = (0x40, 0xA1, 0xA4, 0xA6, 0xAE, 0xAF, 0xC8)


class Time:
    """The module `time` of the chip: seconds since 2000, and time that passes only in sleep."""

    def __init__(self):
        self.now_ms = 0
        self.at_power_on = 0  # what the RTC said at 0 ms
        self.on_sleep = None

    def time(self):
        return self.at_power_on + self.now_ms // 1000

    def ticks_ms(self):
        return self.now_ms % (1 << 30)

    def ticks_diff(self, later, earlier):
        return (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)

    def ticks_add(self, ticks, delta_ms):
        return (ticks + delta_ms) % (1 << 30)

    def sleep_ms(self, duration_ms):
        assert 0 < duration_ms <= 1000
        self.now_ms += duration_ms
        if self.on_sleep:
            self.on_sleep()

    def gmtime(self, seconds):
        return host_time.gmtime(seconds + FROM_2000_TO_1970)[:8]

    def mktime(self, moment):
        year, month, day, hour, minute, second = moment[:6]
        days = 365 * (year - 2000) + (year - 2000 + 3) // 4  # 2000 was a leap year; good until 2099
        for before in range(1, month):
            days += 29 if before == 2 and year % 4 == 0 else DAYS[before - 1]
        return ((days + day - 1) * 24 + hour) * 3600 + minute * 60 + second


class Chip:
    """Everything that is soldered on, and the modules that reach it."""

    def __init__(self):
        self.time = Time()
        self.down = set()  # numbers of the pins that are high
        self.pulled_down = set()
        self.memory = b""
        self.nvs = {}
        self.committed = {}
        self.partitions = {}
        self.display = Display()
        self.air = {}  # network -> (password, milliseconds until joined)
        self.joined = None
        self.radio = False
        self.machine = Names(Pin=self._pin(), I2C=self._bus, RTC=lambda: Rtc(self))
        self.esp32 = Names(NVS=lambda space: Nvs(self, space), Partition=self._partition())
        self.network = Names(WLAN=self._wlan())

    def _pin(self):
        chip = self

        class Pin:
            IN = 1
            PULL_DOWN = 2

            def __init__(self, number, mode=None, pull=None):
                self.number = number
                if mode == Pin.IN and pull == Pin.PULL_DOWN:
                    chip.pulled_down.add(number)

            def value(self):
                return int(self.number in chip.down)

        return Pin

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


class Wlan:
    """Joins, or says why not, as ESP-IDF does: a reason only when the tries are used up."""

    def __init__(self, chip):
        self.chip = chip
        self.tries = 0
        self.asked = None
        self.asked_ms = 0

    def active(self, on):
        self.chip.radio = on
        return on

    def config(self, *, reconnects):
        self.tries = reconnects

    def connect(self, ssid, password=None):
        assert self.chip.radio
        self.asked = (ssid, password)
        self.asked_ms = self.chip.time.now_ms

    def disconnect(self):
        if not self.chip.radio:
            raise OSError("Wifi Not Started")
        self.asked = self.chip.joined = None

    def isconnected(self):
        if self._waited_ms() >= self._needs_ms():
            self.chip.joined = self.asked[0]
            return True
        return False

    def status(self):
        if self.isconnected():
            return 1010
        ssid, password = self.asked
        if self.tries and self._waited_ms() >= 2000:
            if ssid not in self.chip.air:
                return 201
            if self.chip.air[ssid][0] != password:
                return 202
        return 1001

    def _waited_ms(self):
        return self.chip.time.now_ms - self.asked_ms

    def _needs_ms(self):
        ssid, password = self.asked
        known, joins_ms = self.chip.air.get(ssid, (None, 0))
        return joins_ms if ssid in self.chip.air and known == password else 1 << 40


class Display:
    """An SSD1306: its commands are taken apart, its memory is kept."""

    def __init__(self):
        self.memory = bytearray(b"\xa5" * 1024)  # noise after power-on
        self.settings = {}
        self.lit = False
        self.at = [0, 0]
        self.absent = False

    def writevto(self, address, parts):
        if self.absent or address != 0x3C:
            raise OSError(19)  # ENODEV
        control, content = parts
        if bytes(control) == b"\x40":
            self._write(content)
        else:
            assert bytes(control) == b"\x00"
            self._obey(bytes(content))
        return 1 + len(content)

    def _obey(self, commands):
        at = 0
        while at < len(commands):
            command = commands[at]
            count = DISPLAY_ARGUMENTS.get(command, 0)
            assert count or command in DISPLAY_SINGLE, hex(command)
            arguments = list(commands[at + 1 : at + 1 + count])
            assert len(arguments) == count
            if command in (0xAE, 0xAF):
                self.lit = command == 0xAF
            else:
                self.settings[command] = arguments
            if command in (0x21, 0x22):
                self.at = [self.settings.get(0x22, [0])[0], self.settings.get(0x21, [0])[0]]
            at += 1 + count

    def _write(self, content):
        assert self.settings[0x20] == [0]  # horizontal addressing
        first_column, last_column = self.settings[0x21]
        first_page, last_page = self.settings[0x22]
        for byte in content:
            page, column = self.at
            self.memory[128 * page + column] = byte
            column += 1
            if column > last_column:
                column = first_column
                page = first_page if page == last_page else page + 1
            self.at = [page, column]
