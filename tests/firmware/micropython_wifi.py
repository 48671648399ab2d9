"""Joining Wi-Fi on the ESP32 board of an imitated chip: several networks, what is remembered, bounds and words."""

from firmware.board.wifi import ADDRESS_S, KNOWN_MS_MAX
from firmware.link_error import INTERRUPTED, LinkError
from tests.esp32_board import CHIP, esp32, power_on, start
from tests.esp32_radio import DHCP_MS, LEASED, SCAN_MS, access_point

TIMEOUT_MS = 15000
JOINS_MS = 300
WARD = {"ssid": "ward", "password": "secret"}
HOME = {"ssid": "home", "password": "x"}
CACHE_BYTES_MAX = 96


def in_the_ward():
    """A device that has synced there once."""
    board = power_on()
    board.set_rtc(220000000)
    CHIP.air = {"ward": ("secret", JOINS_MS)}
    join(board, [WARD])
    board.network_down(proved=True)
    return start()


def join(board, networks, timeout_ms=TIMEOUT_MS):
    """How long it took."""
    begun_ms = CHIP.time.now_ms
    board.network_up(networks, timeout_ms)
    return CHIP.time.now_ms - begun_ms


def refusal(board, networks, timeout_ms=TIMEOUT_MS):
    """The words in which no network came up."""
    try:
        board.network_up(networks, timeout_ms)
    except OSError as failure:
        assert board.network_state() == str(failure)
        return str(failure)
    raise AssertionError("it joined %s" % CHIP.joined)


def test_the_second_network_is_joined_where_the_first_is_not_in_reach():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000), "open": (None, 1000)}
    assert join(board, [HOME, WARD]) < 3000 + SCAN_MS + DHCP_MS + 100  # what is heard comes first
    assert CHIP.joined == "ward"
    assert board.network_state() == ""
    board.network_down()
    assert not CHIP.radio
    board.network_up([{"ssid": "open"}], TIMEOUT_MS)
    assert CHIP.joined == "open"


def test_each_network_says_why_it_was_not_joined_and_no_word_is_a_secret():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000), "slow": ("secret", 1 << 30)}
    networks = ("home", "wrong"), ("ward", "wrong"), ("slow", "secret")
    words = refusal(board, [{"ssid": ssid, "password": password} for ssid, password in networks])
    assert words == "no Wi-Fi: ward: wrong password; slow: no answer in time; home: not in reach"
    assert CHIP.time.now_ms <= TIMEOUT_MS + 50
    assert refusal(board, []) == "no Wi-Fi: none in the settings"
    join(board, [{"ssid": "ward", "password": "secret"}])
    assert board.network_state() == ""


def test_a_network_that_hides_its_name_is_joined():
    board = power_on()
    CHIP.air = {"ward": ("secret", 1000)}
    CHIP.hidden = {"ward"}
    join(board, [HOME, WARD])
    assert CHIP.joined == "ward"


def test_a_network_that_never_answers_leaves_time_for_the_next():
    board = power_on()
    CHIP.air = {"slow": ("secret", 1 << 30), "ward": ("secret", 3000)}
    board.network_up([{"ssid": "slow", "password": "secret"}, WARD], TIMEOUT_MS)
    assert CHIP.joined == "ward"


def test_the_time_is_bounded_whatever_the_air_does():
    for count in (1, 2, 5):
        board = power_on()
        CHIP.air = {"slow": ("secret", 1 << 30)}
        refusal(board, [{"ssid": "slow", "password": "secret"}] * count)
        assert TIMEOUT_MS - 20 * count <= CHIP.time.now_ms <= TIMEOUT_MS + 20 * count


# --- the network of last time


def test_the_next_wake_joins_without_scan_and_dhcp():
    board = in_the_ward()
    scans = CHIP.scans
    assert join(board, [HOME, WARD]) <= JOINS_MS + 20
    assert CHIP.scans == scans == 1
    assert CHIP.address == LEASED
    assert CHIP.channel == 6
    assert len(board.retained("wifi")) <= CACHE_BYTES_MAX


def test_the_strongest_access_point_of_the_name_is_remembered():
    board = in_the_ward()
    assert access_point("ward") in board.retained("wifi")


def test_an_address_through_which_no_server_answered_is_not_used_again():
    board = in_the_ward()
    join(board, [WARD])
    board.network_down()
    board = start()
    CHIP.address = None
    assert JOINS_MS + DHCP_MS <= join(board, [WARD]) <= JOINS_MS + DHCP_MS + 20
    assert CHIP.address is None
    assert CHIP.scans == 1


def test_an_address_is_asked_for_again_after_some_hours():
    board = in_the_ward()
    for pause_s in (ADDRESS_S - 1, 2):  # counted from when DHCP gave it, not from when it was last used
        CHIP.time.at_power_on += pause_s
        CHIP.address = None
        join(board, [WARD])
        fresh = CHIP.address is None
        board.network_down(proved=True)
    assert fresh
    CHIP.address = None
    CHIP.time.at_power_on += ADDRESS_S - 10
    assert join(board, [WARD]) <= JOINS_MS + 20


def test_a_clock_that_was_set_back_makes_the_address_unknown():
    board = in_the_ward()
    board.set_rtc(219000000)
    CHIP.address = None
    assert join(board, [WARD]) >= JOINS_MS + DHCP_MS


def test_a_network_that_has_gone_is_forgotten_and_another_joined_with_an_address_of_its_own():
    board = in_the_ward()
    CHIP.air = {"home": ("x", JOINS_MS)}
    assert join(board, [WARD, HOME]) <= KNOWN_MS_MAX + SCAN_MS + JOINS_MS + DHCP_MS + 100
    assert CHIP.joined == "home"
    assert CHIP.address is None
    board.network_down(proved=True)
    assert access_point("home") in start().retained("wifi")


def test_a_network_that_no_longer_answers_leaves_time_for_the_others():
    board = in_the_ward()
    CHIP.air = {"ward": ("secret", 1 << 30), "home": ("x", JOINS_MS)}
    assert join(board, [HOME, WARD]) <= KNOWN_MS_MAX + SCAN_MS + JOINS_MS + DHCP_MS + 100
    assert CHIP.joined == "home"


def test_a_changed_password_makes_the_network_unknown():
    board = in_the_ward()
    CHIP.air = {"ward": ("new", JOINS_MS)}
    join(board, [{"ssid": "ward", "password": "new"}])
    assert CHIP.scans == 2


def test_whatever_a_brown_out_leaves_is_not_believed():
    board = in_the_ward()
    good = bytes(board.retained("wifi"))
    for index in range(len(good)):
        board.retain("wifi", good[:index] + bytes([good[index] ^ 0x10]) + good[index + 1 :])
        scans = CHIP.scans
        join(board, [WARD])
        assert CHIP.scans == scans + 1, index
        board.network_down(proved=True)
    board.retain("wifi", good[:-1])
    join(board, [WARD])
    board.network_down()
    assert CHIP.joined is None


def test_nothing_is_remembered_of_a_failure():
    board = in_the_ward()
    CHIP.air = {}
    refusal(board, [WARD])
    board.network_down()
    assert board.retained("wifi") == b""


# --- a press


def test_a_press_ends_the_attempt_and_a_stuck_button_does_not():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000)}
    CHIP.down = {esp32.BUTTON_PINS[1]}
    board.network_up([WARD], TIMEOUT_MS)
    assert CHIP.joined == "ward"
    board.network_down()
    for pressed_ms, most_ms in ((100, 120), (1500, 1520)):  # while joining as last time
        begun_ms = CHIP.time.now_ms
        CHIP.air = {"ward": ("secret", 3500)}

        def press(begun_ms=begun_ms, pressed_ms=pressed_ms):
            if CHIP.time.now_ms >= begun_ms + pressed_ms:
                CHIP.down = {esp32.BUTTON_PINS[1], esp32.BUTTON_PINS[4]}

        CHIP.time.on_sleep = press
        try:
            board.network_up([WARD], TIMEOUT_MS)
        except LinkError as failure:
            assert failure.kind == INTERRUPTED
        else:
            raise AssertionError("it went on")
        assert CHIP.time.now_ms - begun_ms <= most_ms
        CHIP.time.on_sleep = None
        CHIP.down = {esp32.BUTTON_PINS[1]}
        board.network_down()


def test_letting_go_is_no_press():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000)}
    CHIP.down = {esp32.BUTTON_PINS[1]}

    def let_go():
        if CHIP.time.now_ms >= SCAN_MS + 500:
            CHIP.down = set()

    CHIP.time.on_sleep = let_go
    join(board, [WARD])
    assert CHIP.joined == "ward"


def test_a_press_during_the_scan_is_noticed_at_its_end():
    board = power_on()
    CHIP.air = {"ward": ("secret", 3000)}

    def press():
        if CHIP.time.now_ms >= 500:
            CHIP.down = {esp32.BUTTON_PINS[0]}

    CHIP.time.on_sleep = press
    try:
        board.network_up([WARD], TIMEOUT_MS)
    except LinkError:
        assert CHIP.time.now_ms <= SCAN_MS + 20
        return
    raise AssertionError("it went on")


def test_taking_the_network_down_never_fails():
    board = power_on()
    board.network_down()
    CHIP.air = {"ward": ("secret", 3000)}
    board.network_up([WARD], TIMEOUT_MS)
    CHIP.radio = False  # the driver has given up by itself
    board.network_down()
    board.network_down()
