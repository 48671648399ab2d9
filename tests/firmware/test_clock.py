"""The clock: sessions over deep sleep and loss of power, server time forth and back, quality, and a chip in 2000."""

from struct import pack

from firmware.clock import FRESH_S, SERVER_TIME_COUNTER, SESSION_COUNTER, Clock
from firmware.version import BUILD_TIME
from protocol.record import QUALITY_DRIFTING, QUALITY_SERVER, QUALITY_UNSET

IN_2000 = -631152000  # PET time of 2000-01-01, where an ESP32's RTC starts
NOW = BUILD_TIME + 30 * 86400
YEAR_S = 366 * 86400


class ClockParts:
    """What a clock needs of a board. Deep sleep keeps RTC and RTC memory, loss of power only the counters."""

    def __init__(self):
        self.counters = {}
        self.drawn = b"\x34\x12"
        self.lose_power()

    def lose_power(self):
        self.rtc = IN_2000
        self.memory = b""
        return self

    def rtc_seconds(self):
        return self.rtc

    def set_rtc(self, instant):
        self.rtc = instant

    def retained(self, part):
        assert part == "clock"
        return self.memory

    def retain(self, part, data):
        assert part == "clock"
        self.memory = bytes(data)

    def load_counter(self, name):
        return self.counters.get(name, 0)

    def store_counter(self, name, value):
        assert 0 <= value < 1 << 31  # what esp32.NVS holds
        self.counters[name] = value

    def random(self, count):
        return self.drawn[:count]

    def pass_time(self, seconds):
        self.rtc += seconds


def set_up(server_time=NOW):
    """A device that has been told the time."""
    board = ClockParts()
    clock = Clock(board)
    clock.set_from_server(server_time)
    return board, clock


# --- sessions


def test_a_session_and_its_seconds_survive_deep_sleep():
    board = ClockParts()
    session = Clock(board).read().session
    board.pass_time(1000)
    clock = Clock(board)
    assert clock.read().session == session
    assert clock.read().seconds == 1000
    clock.set_from_server(NOW)
    board.pass_time(500)
    assert Clock(board).read() == (session, 1500, NOW + 500, QUALITY_SERVER)


def test_loss_of_power_begins_a_new_session():
    board = ClockParts()
    first = Clock(board).read().session
    board.pass_time(5000)
    second = Clock(board.lose_power()).read()
    assert second.session == first + 1
    assert second.seconds == 0
    assert second.quality == QUALITY_UNSET


def test_a_device_without_counters_begins_anywhere():
    for drawn, session in ((b"\x00\x00", 1), (b"\x34\x12", 0x1235), (b"\xfe\xff", 0xFFFF), (b"\xff\xff", 1)):
        board = ClockParts()
        board.drawn = drawn
        assert Clock(board).session == session
        assert board.counters[SESSION_COUNTER] == session


def test_session_numbers_wrap_and_are_never_0():
    board = ClockParts()
    board.counters[SESSION_COUNTER] = 0xFFFE
    assert Clock(board).session == 0xFFFF
    assert Clock(board.lose_power()).session == 1


def test_damaged_rtc_memory_begins_a_new_session():
    board = ClockParts()
    session = Clock(board).session
    good = board.memory
    for index in range(len(good)):
        for bit in range(8):
            board.memory = good[:index] + bytes([good[index] ^ 1 << bit]) + good[index + 1 :]
            session += 1
            assert Clock(board).session == session
    for length in range(len(good)):
        board.memory = good[:length]
        session += 1
        assert Clock(board).session == session
    board.memory = good + b"\x00"
    assert Clock(board).session == session + 1


def test_an_rtc_that_fell_back_to_2000_under_its_memory_begins_a_new_session_without_a_time():
    board, clock = set_up()
    session = clock.session
    board.rtc = IN_2000  # a brown-out that the RTC memory outlived
    reading = Clock(board).read()
    assert reading.session == session + 1
    assert reading.seconds == 0
    assert reading.quality == QUALITY_UNSET
    assert reading.clock == 0


def test_the_rtc_in_2000_gives_no_negative_instant():
    board = ClockParts()
    reading = Clock(board).read()
    assert board.rtc >= 1
    assert reading.seconds == 0
    board.pass_time(7)
    assert Clock(board).read()[1:] == (7, 0, QUALITY_UNSET)


# --- setting it


def test_seconds_run_on_undisturbed_when_the_time_is_set():
    for instants in ((NOW, NOW + YEAR_S), (NOW, NOW - YEAR_S), (NOW + YEAR_S, NOW, NOW + 5), (1000, NOW, 2000)):
        board = ClockParts()
        clock = Clock(board)
        session = clock.session
        seconds = 0
        for instant in instants:
            board.pass_time(333)
            seconds += 333
            clock.set_from_server(instant)
            assert clock.read() == (session, seconds, instant, QUALITY_SERVER)
            assert Clock(board).read() == (session, seconds, instant, QUALITY_SERVER)


def test_server_time_before_the_session_began_does_not_disturb_its_seconds():
    board = ClockParts()
    clock = Clock(board)
    clock.raise_to_floor()
    board.pass_time(50000)
    clock.set_from_server(100)  # the session began before 2020 by this server's clock
    board.pass_time(10)
    assert clock.read()[1:3] == (50010, 110)
    assert Clock(board).read()[1:3] == (50010, 110)


def test_server_time_sets_a_fast_clock_back():
    board, clock = set_up(NOW + 400)
    clock.set_from_server(NOW)
    assert clock.read().clock == NOW
    assert board.rtc == NOW


def test_a_clock_that_nobody_set_has_no_instant_whatever_the_rtc_says():
    board = ClockParts()
    board.rtc = NOW
    clock = Clock(board)
    assert clock.read()[2:] == (0, QUALITY_UNSET)
    clock.raise_to_floor()
    assert clock.read()[2:] == (0, QUALITY_UNSET)


# --- quality


def test_server_time_becomes_drifting_after_a_day():
    board, clock = set_up()
    board.pass_time(FRESH_S)
    assert clock.read().quality == QUALITY_SERVER
    board.pass_time(1)
    assert clock.read() == (clock.session, FRESH_S + 1, NOW + FRESH_S + 1, QUALITY_DRIFTING)
    assert Clock(board).read().quality == QUALITY_DRIFTING
    clock.set_from_server(NOW + FRESH_S)
    assert clock.read().quality == QUALITY_SERVER


def test_deep_sleep_does_not_refresh_the_quality_and_loss_of_power_ends_it():
    board, clock = set_up()
    board.pass_time(FRESH_S + 1)
    Clock(board)
    assert Clock(board).read().quality == QUALITY_DRIFTING
    assert Clock(board.lose_power()).read().quality == QUALITY_UNSET


# --- the floor under it


def test_the_floor_is_the_build_time_on_a_device_that_never_met_a_server():
    board = ClockParts()
    clock = Clock(board)
    board.pass_time(60)
    clock.raise_to_floor()
    assert board.rtc == BUILD_TIME
    assert clock.read()[1:] == (60, 0, QUALITY_UNSET)
    assert Clock(board).read().seconds == 60


def test_the_floor_is_the_last_server_time_where_that_is_later():
    board, _ = set_up()
    assert board.counters[SERVER_TIME_COUNTER] == NOW
    clock = Clock(board.lose_power())
    clock.raise_to_floor()
    assert board.rtc == NOW
    assert clock.read().quality == QUALITY_UNSET


def test_the_floor_never_lowers_and_never_moves_a_good_clock():
    board, clock = set_up()
    board.pass_time(100)
    clock.raise_to_floor()
    assert board.rtc == NOW + 100
    assert clock.read() == (clock.session, 100, NOW + 100, QUALITY_SERVER)


def test_every_reading_fits_into_a_record():
    board = ClockParts()
    for clock in (Clock(board), Clock(board.lose_power())):
        for act in (clock.raise_to_floor, lambda: clock.set_from_server(NOW), lambda: board.pass_time(YEAR_S)):
            act()
            session, seconds, now, quality = clock.read()
            assert len(pack("<HIIB", session, seconds, now, quality)) == 11
            assert (now == 0) == (quality == QUALITY_UNSET)
