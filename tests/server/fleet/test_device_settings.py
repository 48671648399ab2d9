"""Settings of devices: whole or not at all, nearest first, and nothing that a device could not use."""

import pytest
from sqlalchemy import func, select

from protocol.messages import ITEM_SETTINGS
from server.errors import OperatorError
from server.fleet.device_settings import unset_setting
from server.fleet.organisations import add_team, find_service
from server.fleet.rollout_tables import Content
from tests.server.ingest.ward import NOW, minutes
from tests.server.roll_out import CA, fetch, greet

SETTINGS = (ITEM_SETTINGS, 0)


def test_settings_go_out_whole_or_not_at_all(ward, operator):
    handheld = ward.handheld()
    operator.set("broker", {"host": "b.example", "port": 8883})
    assert greet(ward, handheld) == (0, {})
    assert operator.words() == "no settings go out to it until ca and wifi are set"
    operator.set("ca", [CA, CA])
    operator.set("wifi", [])
    _, items = greet(ward, handheld)
    assert set(items) == {SETTINGS}
    assert operator.words() == "should get settings"
    operator.set("sync_every_s", 600, "team:day")
    operator.set("sync_every_s", 60, "device:A")
    before = greet(ward, handheld)[1][SETTINGS].digest
    operator.set("sync_every_s", 900)
    assert greet(ward, handheld)[1][SETTINGS].digest == before  # a nearer one holds
    operator.scoped(unset_setting, "device:A", "sync_every_s")
    assert b'"sync_every_s":600' in fetch(ward, handheld, greet(ward, handheld)[1][SETTINGS])
    with pytest.raises(OperatorError, match="is not set there"):
        operator.scoped(unset_setting, "device:A", "sync_every_s")


def test_settings_that_nobody_should_hold_any_more_are_not_kept(ward, operator):
    ward.handheld()
    for port in range(8883, 8893):
        operator.set_all(port=port)
    with ward.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Content)) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("broker", {"host": "", "port": 1}, "is not a host name"),
        ("broker", {"host": "b", "port": 0}, "is not a port"),
        ("broker", {"host": "b", "port": 1, "address": "300.1.1.1"}, "is not an address"),
        ("wifi", [{"ssid": "x"}] * 9, "a device takes 8"),
        ("wifi", [{"ssid": ""}], "1 to 32 bytes"),
        ("wifi", [{"ssid": "x", "password": "short"}], "8 to 63 letters"),
        ("ca", [], "name the current one"),
        ("ca", [CA] * 3, "3 CA certificates"),
        ("stages", ["x"] * 8, "can tell 7 apart"),
        ("stages", ["A very long name here"], "has room for 18"),
        ("stages", ["Première"], "beyond ASCII"),
        ("sync_every_s", 5, "10 or more"),
        ("sync_every_s", 604801, "604800 or less"),
        ("sync_backlog", 0, "1 or more"),
        ("sleep_after_s", -1, "0 or more"),
    ],
)
def test_a_setting_that_no_device_can_use_is_refused(operator, name, value, words):
    with pytest.raises(OperatorError, match=words) as refused:
        operator.set(name, value)
    assert "short" not in str(refused.value).replace("too short", "")


def test_settings_that_are_too_long_for_a_device_are_not_sent(ward, operator):
    handheld = ward.handheld()
    operator.set_all()
    operator.set("ca", [CA * 12])
    assert greet(ward, handheld)[1] == {}
    assert "a device takes 4096" in operator.words()


def test_a_team_whose_name_no_device_can_show_is_not_offered(ward, operator):
    ward.handheld(placed_at=None)
    operator.change(lambda s, o: add_team(s, find_service(s, o, "beds"), "long", "A team with a long name"))
    operator.change(lambda s, o: add_team(s, find_service(s, o, "beds"), "welsh", "Tîm y Gogledd"))
    for code, words in (("long", "a line has room for 18"), ("welsh", "go beyond ASCII")):
        with pytest.raises(OperatorError, match=words):
            ward.place("A", "day", NOW - minutes(1), choices=("day", code))
    ward.place("A", "welsh", NOW - minutes(1))  # as the placement's own it need not be shown
