"""The module `time` of an imitated ESP32: ticks of 30 bits, seconds since 2000, and time that passes only in sleep."""

import time as host_time

from tests.esp32_ticks import PERIOD, ticks_add, ticks_diff

FROM_2000_TO_1970 = 946684800
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Time:
    """The module `time` of the chip: seconds since 2000, and time that passes only in sleep."""

    def __init__(self, chip):
        self.chip = chip
        self.now_ms = 0
        self.at_power_on = 0  # what the RTC said at 0 ms
        self.on_sleep = None

    def time(self):
        return self.at_power_on + self.now_ms // 1000

    def ticks_ms(self):
        return self.now_ms % PERIOD

    ticks_add = staticmethod(ticks_add)
    ticks_diff = staticmethod(ticks_diff)

    def sleep_ms(self, duration_ms):
        assert 0 < duration_ms <= 1000
        self.chip.pass_time(duration_ms)

    def gmtime(self, seconds):
        return host_time.gmtime(seconds + FROM_2000_TO_1970)[:8]

    def mktime(self, moment):
        year, month, day, hour, minute, second = moment[:6]
        days = 365 * (year - 2000) + (year - 2000 + 3) // 4  # 2000 was a leap year; good until 2099
        for before in range(1, month):
            days += 29 if before == 2 and year % 4 == 0 else DAYS[before - 1]
        return ((days + day - 1) * 24 + hour) * 3600 + minute * 60 + second
