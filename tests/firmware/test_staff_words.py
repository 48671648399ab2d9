"""Facts in words: ages, percent, one and many, and nothing claimed that is not known."""

from firmware.staff_words import Facts, age, battery_percent, network_words, status_words

FIELDS = (3, 14, 1000000, 1007200, 3910, 3, 90, 100, "", "", "0.2.0", "base", "PET-1", 0, 0, False)
NAMES = {"waiting": 0, "delivered": 1, "at": 2, "now": 3, "battery": 4, "quality": 5, "free": 6, "capacity": 7}
NAMES.update({"network": 8, "error": 9})


def facts(**fields):
    values = list(FIELDS)
    for name, value in fields.items():
        values[NAMES[name]] = value
    return Facts(*values)


def line(number, **fields):
    return status_words(facts(**fields)).split("\n")[number]


def test_an_age_is_said_in_the_unit_that_a_person_would_take():
    for seconds, words in (
        (-5, "Just now"),
        (0, "Just now"),
        (59, "Just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (7200, "2 h ago"),
        (2 * 86400 - 1, "47 h ago"),
        (2 * 86400, "2 days ago"),
        (400 * 86400, "400 days ago"),
    ):
        assert age(seconds) == words, seconds


def test_one_answer_many_answers_and_none():
    assert line(0, waiting=0) == "No answers waiting"
    assert line(0, waiting=1) == "1 answer waiting"
    assert line(0, waiting=2) == "2 answers waiting"


def test_a_delivery_is_said_with_its_number_and_age():
    assert line(1) == "2 h ago: 14 delivered"
    assert line(1, delivered=1, now=1000030) == "Just now: 1 delivered"
    assert line(1, now=1000000 + 3 * 86400) == "3 days ago: 14 delivered"
    assert line(1, delivered=300, now=1000000 + 3 * 86400) == "3 d ago: 300 delivered"
    assert line(1, delivered=300, now=1000000 + 899) == "14 min: 300 delivered"
    assert line(1, delivered=32508, now=1000000 + 999 * 86400) == "999 d: 32508 delivered"
    assert line(1, at=0) == "Nothing delivered yet"


def test_without_a_clock_no_age_is_made_up():
    assert line(1, now=0, quality=0) == "Earlier: 14 delivered"
    assert line(3, quality=0) == "Clock not set\tv0.2.0"


def test_each_quality_of_the_clock_has_its_own_words():
    assert [line(3, quality=quality).split("\t")[0] for quality in range(4)] == [
        "Clock not set",
        "Clock unsure",
        "Clock drifts",
        "Clock right",
    ]


def test_the_battery_is_said_in_percent_and_a_question_where_it_is_not_measured():
    assert line(2, battery=0) == "Battery ?\tRoom 90%"
    assert line(2, battery=4150) == "Battery 100%\tRoom 90%"


def test_percent_of_a_cell_rise_with_its_voltage_and_stay_between_0_and_100():
    last = 0
    for millivolts in range(3000, 4400, 10):
        percent = battery_percent(millivolts)
        assert last <= percent <= 100, millivolts
        last = percent
    assert battery_percent(3400) == 0
    assert battery_percent(1) == 0
    assert 3 <= battery_percent(3500) <= 10  # a twentieth: from here on no new pass (firmware/battery.py)
    assert battery_percent(3700) == 25
    assert battery_percent(4200) == 100


def test_room_is_never_rounded_up():
    assert line(2, free=99, capacity=10000).endswith("Room 0%")
    assert line(2, free=9999, capacity=10000).endswith("Room 99%")
    assert line(2, free=10000, capacity=10000).endswith("Room 100%")
    assert line(2, free=0, capacity=0).endswith("Room 0%")


def test_the_network_is_well_only_when_nothing_is_known_against_it():
    assert line(4) == "Wi-Fi, server: well"
    assert line(4, at=0) == "Wi-Fi, server: well", "the clock is right, so the server has answered"
    assert line(4, quality=0) == "Wi-Fi, server: well", "it has delivered, before the loss of power"
    assert line(4, at=0, quality=0) == "Wi-Fi, server: not tried"
    assert line(4, at=0, quality=1) == "Wi-Fi, server: not tried"
    assert line(4, error="no ack") == "Not sent: press 5"
    assert line(4, network="no Wi-Fi", at=0) == "Not sent: press 5"
    assert network_words(facts()) == "Wi-Fi and server:\nall is well.\n2 h ago: 14 delivered"
    assert network_words(facts(at=0, quality=0)) == "Wi-Fi and server:\nnot tried yet.\nNothing delivered yet"
    assert network_words(facts(error="no ack")) == "no ack"
    assert network_words(facts(error="no Wi-Fi: x", network="no Wi-Fi: x")) == "no Wi-Fi: x"
