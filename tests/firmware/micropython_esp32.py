"""The ESP32 board on an imitated chip: its logic, not the chip's. Nothing here stands for a run on hardware."""

import sys

from firmware.clock import Clock
from firmware.link_error import INTERRUPTED, LinkError
from tests.esp32_chip import Chip

CHIP = Chip()
sys.modules["machine"] = CHIP.machine
sys.modules["esp32"] = CHIP.esp32
sys.modules["network"] = CHIP.network

from firmware.board import esp32  # noqa: E402
from firmware.board.ssd1306 import Ssd1306  # noqa: E402

RTC_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39)
STRAPPING_PINS = (0, 2, 5, 12, 15)  # they choose how the chip starts: no button may hold them
IN_2000 = -631152000
NOW = 220000000
TIMEOUT_MS = 15000
INTERFACE = "firmware/board/interface.pyi"


def power_on():
    """A fresh chip in the place of the last one, and its board."""
    CHIP.__init__()
    esp32.time = CHIP.time
    for module, new in (("machine", CHIP.machine), ("esp32", CHIP.esp32), ("network", CHIP.network)):
        sys.modules[module] = new
    esp32.Pin, esp32.I2C, esp32.RTC = CHIP.machine.Pin, CHIP.machine.I2C, CHIP.machine.RTC
    esp32.NVS, esp32.Partition = CHIP.esp32.NVS, CHIP.esp32.Partition
    return esp32.Board()


def refusal(board, wifi, timeout_ms=TIMEOUT_MS):
    """The words in which no network came up."""
    try:
        board.network_up(wifi, timeout_ms)
    except OSError as failure:
        return str(failure)
    raise AssertionError("it joined %s" % CHIP.joined)


def test_the_board_has_every_name_of_the_interface():
    board = power_on()
    with open(INTERFACE) as file:
        lines = file.read().split("class Board")[1].split("\n")
    names = [line.split("(")[0][len("    def ") :] for line in lines if line.startswith("    def ")]
    names += [
        line.split(":")[0].strip() for line in lines if line[:4] == "    " and line[4:5] in "bfhw" and ": " in line
    ]
    assert {"base", "files", "framebuffer", "height", "levels", "tell", "width"} <= set(names)
    assert len(names) > 20
    for name in names:
        assert hasattr(board, name), name


def test_six_buttons_on_pins_that_can_wake_the_chip():
    board = power_on()
    assert len(set(esp32.BUTTON_PINS)) == 6
    for place, pin in enumerate(esp32.BUTTON_PINS):
        assert pin in RTC_PINS
        assert pin not in STRAPPING_PINS
        assert pin not in (esp32.DISPLAY_DATA_PIN, esp32.DISPLAY_CLOCK_PIN)
        assert pin in CHIP.pulled_down
        CHIP.down = {pin}
        assert board.levels() == 1 << place
    CHIP.down = {esp32.BUTTON_PINS[0], esp32.BUTTON_PINS[5]}
    assert board.levels() == 0b100001


def test_a_chip_after_power_on_stands_in_2000():
    board = power_on()
    assert board.rtc_seconds() == IN_2000
    assert board.retained() == b""
    reading = Clock(board).read()
    assert reading.clock == 0
    assert board.rtc_seconds() == 1


def test_the_rtc_is_set_and_read_in_pet_time():
    board = power_on()
    for instant in (0, 1, 59, 86400, 5097600, NOW, 31622400, 0x7FFFFFFF):
        board.set_rtc(instant)
        assert board.rtc_seconds() == instant, instant
        CHIP.time.now_ms += 5000
        assert board.rtc_seconds() == instant + 5, instant


def test_a_session_runs_through_deep_sleep_on_this_board():
    board = power_on()
    clock = Clock(board)
    clock.set_from_server(NOW)
    CHIP.time.now_ms += 3600000
    reading = Clock(board).read()
    assert (reading.session, reading.seconds, reading.clock) == (clock.session, 3600, NOW + 3600)


def test_counters_are_kept_in_nvs_and_committed():
    board = power_on()
    assert board.load_counter("boots") == 0
    for name in ("boots", "session", "server_time", "sync_failures"):
        board.store_counter(name, 0x7FFFFFFF)
        assert board.load_counter(name) == 0x7FFFFFFF
    assert CHIP.committed == CHIP.nvs
    assert len(CHIP.committed) == 4


def test_a_partition_is_found_by_its_label_or_named_as_missing():
    board = power_on()
    CHIP.partitions = {"journal": object()}
    assert board.flash("journal") is CHIP.partitions["journal"]
    try:
        board.flash("pet_id")
    except OSError as failure:
        assert "pet_id" in str(failure)
    else:
        raise AssertionError("there is no such partition")


def test_the_frame_buffer_reaches_the_display():
    board = power_on()
    assert CHIP.display.lit
    assert bytes(CHIP.display.memory) == bytes(1024)  # no noise when it lights up
    assert CHIP.display.settings[0x8D] == [0x14]
    for colour, column, row in ((1, 0, 0), (1, 127, 63), (1, 5, 9), (0, 0, 0)):
        board.framebuffer.pixel(column, row, colour)
        board.show("question")
        assert CHIP.display.memory[128 * (row // 8) + column] >> row % 8 & 1 == colour
    assert sum([bin(byte).count("1") for byte in CHIP.display.memory]) == 2


def test_a_display_that_does_not_answer_is_an_error():
    CHIP.display.absent = True
    try:
        Ssd1306(CHIP.display)
    except OSError:
        return
    finally:
        CHIP.display.absent = False
    raise AssertionError("nobody answered")


def test_waiting_ends_with_the_time_or_with_a_button():
    board = power_on()
    board.wait(60000)
    assert 60000 <= CHIP.time.now_ms <= 60010

    def press():
        if CHIP.time.now_ms >= 61000:
            CHIP.down = {esp32.BUTTON_PINS[2]}

    CHIP.time.on_sleep = press
    board.wait(60000)
    assert 61000 <= CHIP.time.now_ms <= 61020
    CHIP.time.on_sleep = None
    board.wait(500)  # it stays down: nothing moves
    assert 61500 <= CHIP.time.now_ms <= 61530
    board.wait(0)


def test_the_second_network_is_joined_where_the_first_is_not_in_reach():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000), "open": (None, 1000)}
    board.network_up([{"ssid": "home", "password": "x"}, {"ssid": "ward", "password": "secret"}], TIMEOUT_MS)
    assert CHIP.joined == "ward"
    assert CHIP.time.now_ms < TIMEOUT_MS
    board.network_down()
    assert not CHIP.radio
    board.network_up([{"ssid": "open"}], TIMEOUT_MS)
    assert CHIP.joined == "open"


def test_each_network_says_why_it_was_not_joined_and_no_word_is_a_secret():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000), "slow": ("secret", 1 << 30)}
    networks = ("home", "wrong"), ("ward", "wrong"), ("slow", "secret")
    words = refusal(board, [{"ssid": ssid, "password": password} for ssid, password in networks])
    assert words == "no Wi-Fi: home: not in reach; ward: wrong password; slow: no answer in time"
    assert CHIP.time.now_ms <= TIMEOUT_MS + 50
    assert refusal(board, []) == "no Wi-Fi: none in the settings"


def test_a_network_that_never_answers_leaves_time_for_the_next():
    board = power_on()
    CHIP.air = {"slow": ("secret", 1 << 30), "ward": ("secret", 3000)}
    board.network_up([{"ssid": "slow", "password": "secret"}, {"ssid": "ward", "password": "secret"}], TIMEOUT_MS)
    assert CHIP.joined == "ward"


def test_the_time_is_bounded_whatever_the_air_does():
    for count in (1, 2, 5):
        board = power_on()
        CHIP.air = {"slow": ("secret", 1 << 30)}
        refusal(board, [{"ssid": "slow", "password": "secret"}] * count)
        assert TIMEOUT_MS <= CHIP.time.now_ms <= TIMEOUT_MS + 20 * count


def test_a_press_ends_the_attempt_and_a_stuck_button_does_not():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000)}
    CHIP.down = {esp32.BUTTON_PINS[1]}
    board.network_up([{"ssid": "ward", "password": "secret"}], TIMEOUT_MS)
    assert CHIP.joined == "ward"
    board.network_down()
    begun_ms = CHIP.time.now_ms

    def press():
        if CHIP.time.now_ms >= begun_ms + 500:
            CHIP.down = {esp32.BUTTON_PINS[1], esp32.BUTTON_PINS[4]}

    CHIP.time.on_sleep = press
    try:
        board.network_up([{"ssid": "ward", "password": "secret"}], TIMEOUT_MS)
    except LinkError as failure:
        assert failure.kind == INTERRUPTED
        assert CHIP.time.now_ms - begun_ms <= 520
        return
    raise AssertionError("it went on")


def test_taking_the_network_down_never_fails():
    board = power_on()
    board.network_down()
    CHIP.air = {"ward": ("secret", 3000)}
    board.network_up([{"ssid": "ward", "password": "secret"}], TIMEOUT_MS)
    CHIP.radio = False  # the driver has given up by itself
    board.network_down()
    board.network_down()
