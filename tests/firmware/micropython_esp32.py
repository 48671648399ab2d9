"""The ESP32 board on an imitated chip: its logic, not the chip's. Nothing here stands for a run on hardware."""

from firmware.board.displays import SH1106, SSD1306, SSD1306_128X32, SSD1309, Display
from firmware.clock import Clock
from tests.esp32_board import CHIP, esp32, power_on

RTC_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39)
STRAPPING_PINS = (0, 2, 5, 12, 15)  # they choose how the chip starts: no button may hold them
INPUT_ONLY_PINS = (34, 35, 36, 37, 38, 39)
OTHERS_PINS = (1, 3, 6, 7, 8, 9, 10, 11, 16, 17)  # console, flash, and PSRAM on some modules
IN_2000 = -631152000
NOW = 220000000
INTERFACE = "firmware/board/interface.pyi"


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


def test_every_pin_is_used_once_and_can_do_what_it_is_for():
    outputs = (esp32.DISPLAY_DATA_PIN, esp32.DISPLAY_CLOCK_PIN, esp32.LIGHT_PIN, esp32.BUZZER_PIN)
    pins = esp32.BUTTON_PINS + outputs + (esp32.BATTERY_PIN,)
    assert len(set(pins)) == len(pins) == 11
    assert not set(pins) & set(STRAPPING_PINS + OTHERS_PINS)
    assert not set(outputs + esp32.BUTTON_PINS) & set(INPUT_ONLY_PINS)  # those have no pull-downs either


def test_six_buttons_on_pins_that_can_wake_the_chip():
    board = power_on()
    for place, pin in enumerate(esp32.BUTTON_PINS):
        assert pin in RTC_PINS
        assert pin in CHIP.pulled_down
        CHIP.down = {pin}
        assert board.levels() == 1 << place
    CHIP.down = {esp32.BUTTON_PINS[0], esp32.BUTTON_PINS[5]}
    assert board.levels() == 0b100001


def test_a_chip_after_power_on_stands_in_2000():
    board = power_on()
    assert board.rtc_seconds() == IN_2000
    assert board.retained("clock") == b""
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


def draw_and_look(board):
    """Pixels in corners and inside, on and off, as they arrive on the display."""
    width, height = board.width, board.height
    assert CHIP.display.lit
    assert CHIP.display.memory[: width * height // 8] == bytes(width * height // 8)  # no noise when it lights up
    for colour, column, row in ((1, 0, 0), (1, width - 1, height - 1), (1, 5, 9), (0, 0, 0)):
        board.framebuffer.pixel(column, row, colour)
        board.show("question")
        assert CHIP.display.memory[128 * (row // 8) + column] >> row % 8 & 1 == colour
    assert sum([bin(byte).count("1") for byte in CHIP.display.memory[: width * height // 8]]) == 2


def test_the_frame_buffer_reaches_each_display():
    for panel, controller in ((SSD1306, "ssd1306"), (SSD1309, "ssd1309"), (SH1106, "sh1106")):
        esp32.PANEL = panel
        board = power_on(controller=controller)
        assert (board.width, board.height) == (128, 64)
        draw_and_look(board)
        assert (CHIP.display.settings[0xA8], CHIP.display.settings[0xDA]) == ([63], [0x12])
    esp32.PANEL = SSD1306
    power_on()
    assert CHIP.display.settings[0x8D] == [0x14]  # the charge pump


def test_another_size_is_one_more_line_of_the_table():
    esp32.PANEL = SSD1306_128X32
    draw_and_look(power_on())
    esp32.PANEL = SSD1306
    assert (CHIP.display.settings[0xA8], CHIP.display.settings[0xDA]) == ([31], [0x02])


def test_a_display_that_does_not_answer_is_an_error():
    CHIP.display.absent = True
    try:
        Display(CHIP.display, SSD1306)
    except OSError:
        return
    finally:
        CHIP.display.absent = False
    raise AssertionError("nobody answered")


def test_the_battery_is_the_median_of_its_readings_times_the_divider():
    board = power_on()
    CHIP.battery_uv = [1900000, 1901000, 1899000, 3000000, 1900000, 1900000, 100000, 1900000]
    assert board.battery_mv() == 3800


def test_a_grounded_battery_pin_is_not_measured():
    assert power_on().battery_mv() == 0


def test_memory_is_short_when_either_all_of_it_or_its_largest_piece_is():
    board = power_on()
    for heap, short in (
        ([(200000, 60000, 50000, 1)], False),
        ([(200000, 44000, 44000, 1)], True),
        ([(90000, 30000, 15000, 1), (90000, 30000, 15000, 1)], True),
        ([(90000, 20000, 15000, 1), (90000, 41000, 41000, 1)], False),
        ([], True),
    ):
        CHIP.heap = heap
        assert board.memory_is_short() is short, heap
