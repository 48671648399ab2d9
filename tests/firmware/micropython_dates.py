"""A server's certificate and this device's clock disagree about the date: whose fault it is, and what is tried."""

from firmware.link_error import CLOCK_UNSET
from firmware.version import BUILD_TIME
from protocol.record import QUALITY_SERVER, QUALITY_UNSET
from tests.link.handheld import NOW, Handheld, settings

DAY_S = 86400
POWER_ON_RTC = -631152000  # 2000-01-01


def provisioned(valid, rtc):
    handheld = Handheld()
    handheld.write("/settings.json", settings())
    handheld.valid = valid
    handheld.rtc = rtc
    return handheld


def test_a_clock_that_starts_in_2000_is_raised_to_the_build_time_first():
    handheld = provisioned((BUILD_TIME - DAY_S, BUILD_TIME + DAY_S), POWER_ON_RTC)
    assert handheld.sync().error is None
    assert handheld.tries == 1
    assert handheld.rtc == NOW
    assert handheld.clock.read().quality == QUALITY_SERVER


def test_a_clock_that_never_was_set_says_so_in_its_own_words():
    for valid in ((BUILD_TIME + DAY_S, BUILD_TIME + 2 * DAY_S), (BUILD_TIME - 2 * DAY_S, BUILD_TIME - DAY_S)):
        handheld = provisioned(valid, POWER_ON_RTC)
        assert handheld.sync().error == CLOCK_UNSET
        assert handheld.tries == 1, "it stood at the build time already"
        assert handheld.clock.read().quality == QUALITY_UNSET


def test_a_clock_far_ahead_is_set_back_by_the_server():
    handheld = provisioned((BUILD_TIME - DAY_S, NOW + DAY_S), NOW)
    assert handheld.sync().error is None
    handheld.rtc += 900 * DAY_S  # as a failing crystal or a mistake may
    seconds = handheld.clock.read().seconds
    assert handheld.sync().error is None
    assert handheld.tries == 2
    assert handheld.rtc == NOW
    reading = handheld.clock.read()
    assert reading.quality == QUALITY_SERVER
    assert reading.seconds == seconds, "the session's seconds know nothing of it"


def test_while_it_stands_at_the_build_time_nothing_is_dated_by_the_clock():
    handheld = provisioned((BUILD_TIME - DAY_S, NOW + DAY_S), NOW)
    handheld.sync()
    handheld.rtc += 900 * DAY_S
    handheld.answer(1)
    assert handheld.sync().delivered == 1
    assert handheld.server.status.quality == QUALITY_UNSET
    assert handheld.server.status.clock == 0


def test_a_certificate_that_has_really_expired_leaves_the_clock_as_it_was():
    handheld = provisioned((BUILD_TIME - DAY_S, NOW + DAY_S), NOW)
    handheld.sync()
    handheld.valid = (BUILD_TIME - 9 * DAY_S, BUILD_TIME - DAY_S)
    before = handheld.clock.read()
    result = handheld.sync()
    assert result.error == "server certificate expired, or our clock is ahead"
    assert handheld.tries == 2
    assert handheld.rtc == NOW
    assert handheld.clock.read() == before


def test_it_is_tried_once_a_wake():
    handheld = provisioned((BUILD_TIME - 9 * DAY_S, BUILD_TIME - DAY_S), NOW)
    assert handheld.sync().error
    assert handheld.tries == 2
    assert handheld.sync().error
    assert handheld.tries == 1
    handheld.clock = None  # it slept, and woke
    assert handheld.sync().error
    assert handheld.tries == 2


def test_a_press_during_the_second_try_is_a_press():
    handheld = provisioned((BUILD_TIME - 9 * DAY_S, BUILD_TIME - DAY_S), NOW)
    secure = handheld._secure

    def press_after(raw, *arguments):
        handheld.pressed_after = 0
        return secure(raw, *arguments)

    handheld._secure = press_after
    result = handheld.sync()
    assert result.interrupted
    assert handheld.tries == 1
    assert handheld.rtc == NOW
