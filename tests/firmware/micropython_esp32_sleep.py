"""The ESP32 board on an imitated chip: light and deep sleep, the waking press, watchdog, buzzer and light."""

from tests.esp32_board import CHIP, esp32, power_on, sleep_deeply, start


def press_at(instant_ms, button):
    """A finger on this button from that time on."""

    def press():
        CHIP.down = {esp32.BUTTON_PINS[button - 1]} if CHIP.time.now_ms >= instant_ms else set()

    CHIP.time.on_sleep = press


def test_waiting_is_light_sleep_until_the_time_or_a_button():
    board = power_on()
    board.wait(60000)
    assert 60000 <= CHIP.time.now_ms <= 60010
    assert max(CHIP.naps) <= esp32.NAP_MS_MAX
    assert sum(CHIP.naps) >= 59900
    press_at(61000, 3)
    board.wait(60000)
    assert 61000 <= CHIP.time.now_ms <= 61010
    assert board.levels() == 1 << 2
    board.wait(0)


def test_while_a_button_is_down_it_stays_awake_and_sees_it_move():
    board = power_on()
    CHIP.down = {esp32.BUTTON_PINS[2]}
    board.wait(500)
    assert 500 <= CHIP.time.now_ms <= 510
    assert CHIP.naps == []

    def let_go():
        if CHIP.time.now_ms >= 700:
            CHIP.down = set()

    CHIP.time.on_sleep = let_go
    board.wait(60000)
    assert 700 <= CHIP.time.now_ms <= 710


def test_short_waits_are_not_worth_a_nap():
    board = power_on()
    board.wait(esp32.NAP_MS_MIN - 1)
    assert CHIP.naps == []


def test_deep_sleep_puts_out_display_buzzer_and_light_and_wakes_by_any_button():
    board = power_on()
    board.signal("thanks")
    assert sleep_deeply(board, 3600) == 3600000
    assert not CHIP.display.lit
    assert CHIP.sound is None
    assert CHIP.driven[esp32.LIGHT_PIN] == 0
    assert CHIP.ext1 == set(esp32.BUTTON_PINS)


def test_deep_sleep_has_a_least_and_a_longest_time():
    board = power_on()
    assert sleep_deeply(board, 0) == 1000
    assert sleep_deeply(board, 10**9) == 20 * 86400 * 1000


def test_a_button_that_is_stuck_does_not_wake_the_chip_for_ever():
    board = power_on()
    CHIP.down = {esp32.BUTTON_PINS[4]}
    sleep_deeply(board, 60)
    assert CHIP.ext1 == set(esp32.BUTTON_PINS) - {esp32.BUTTON_PINS[4]}


def test_the_waking_press_is_known_on_old_and_new_micropython():
    for release in ((1, 26), (1, 29)):
        board = power_on(release)
        assert board.wake_levels() == 0
        for place, pin in enumerate(esp32.BUTTON_PINS):
            sleep_deeply(board, 60)
            CHIP.wake(pin)  # and let go before the program runs
            board = start()
            assert board.wake_levels() == 1 << place, (release, pin)
            assert board.levels() == 0
        CHIP.wake(esp32.BUTTON_PINS[0], esp32.BUTTON_PINS[4])
        assert start().wake_levels() == 0b10001
        CHIP.wake()
        assert start().wake_levels() == 0


def test_a_register_that_says_nothing_leaves_the_buttons_that_are_down():
    power_on((1, 26))
    CHIP.wake(esp32.BUTTON_PINS[1])
    CHIP.machine.mem32[esp32.EXT1_STATUS] = 0
    CHIP.down = {esp32.BUTTON_PINS[1]}
    assert start().wake_levels() == 0b10


# --- watchdog, buzzer and light


def test_the_watchdog_begins_when_asked_and_every_wait_feeds_it():
    board = power_on()
    board.wait(10 * esp32.WATCHDOG_MS)  # at a prompt there is none
    board.watch()
    assert CHIP.watchdog_ms > 2 * 8000  # a name look-up blocks for 7 s
    board.wait(10 * esp32.WATCHDOG_MS)
    for _ in range(10):
        CHIP.pass_time(CHIP.watchdog_ms - 1000)
        board.levels()
    try:
        CHIP.pass_time(CHIP.watchdog_ms)
    except AssertionError:
        return
    raise AssertionError("a program that hangs goes on hanging")


def test_buzzer_and_light_end_by_themselves_while_the_program_waits():
    board = power_on()
    for event in ("press", "thanks", "refused"):
        begun_ms = CHIP.time.now_ms
        board.signal(event)
        assert CHIP.time.now_ms == begun_ms  # never waits
        assert CHIP.sound == (esp32.BUZZER_PIN, esp32.SOUNDS[event][0])
        assert CHIP.driven[esp32.LIGHT_PIN] == 1
        board.wait(1000)
        assert CHIP.sound is None
        assert CHIP.driven[esp32.LIGHT_PIN] == 0
    board.signal("press")
    board.signal("thanks")  # in the place of the one before
    assert CHIP.sound[1] == esp32.SOUNDS["thanks"][0]
