"""Settings on trial: in force once an ack has come through them, else given up; no device is ever locked out."""

import os

from firmware.settings import read_access
from protocol.messages import (
    COUNTER_CONTENT_REASON,
    COUNTER_SETTINGS_REFUSED,
    ITEM_SETTINGS,
    REFUSED_NO_ACK,
    REFUSED_UNUSABLE,
)
from tests.link.handheld import MOUNTED, Handheld, desire, settings

SETTINGS = (ITEM_SETTINGS, 0)
OLD = settings("old.example")
NEW = settings("new.example", sync_every_s=700)


def desiring(data, revision=5):
    """A device that has the settings `data` on trial; its next sync uses them."""
    handheld = Handheld()
    handheld.write("/settings.json", OLD)
    desire(handheld.server, revision, SETTINGS + (data,))
    assert handheld.sync().error is None
    assert handheld.reached == ["old.example"]
    return handheld


def counters(handheld):
    said = dict(handheld.server.status.counters)
    return said.get(COUNTER_SETTINGS_REFUSED, 0), said.get(COUNTER_CONTENT_REASON, 0)


def test_new_settings_are_in_force_once_an_ack_has_come_through_them():
    handheld = desiring(NEW)
    assert (handheld.read("/settings.json"), handheld.read("/settings.new")) == (OLD, NEW)
    handheld.answer(3)
    assert handheld.sync().delivered == 3
    assert handheld.reached[-1] == "new.example"
    assert handheld.server.status.desired_revision == 0, "on trial is not in force"
    assert (handheld.read("/settings.json"), handheld.read("/settings.new")) == (NEW, None)
    handheld.sync()
    assert handheld.server.status.desired_revision == 5
    assert len(handheld.server.requests) == 1


def test_settings_through_which_no_ack_comes_are_given_up_after_three_syncs():
    handheld = desiring(NEW)
    handheld.unreachable = "new.example"
    for _ in range(3):
        assert handheld.sync().error
        assert handheld.reached[-1] == "new.example"
        assert handheld.read("/settings.json") == OLD
    assert handheld.read("/settings.new") is None
    for _ in range(2):
        assert handheld.sync().error is None
        assert handheld.reached[-1] == "old.example"
    assert counters(handheld) == (1, REFUSED_NO_ACK | ITEM_SETTINGS << 8)
    assert handheld.server.status.desired_revision == 0
    assert len(handheld.server.requests) == 1, "they are not fetched again"


def test_a_broker_that_is_there_and_a_server_that_is_silent_prove_nothing():
    handheld = desiring(NEW)
    handheld.broker.silent = True
    assert handheld.sync().error == "the server does not answer"
    assert handheld.read("/settings.new") == NEW
    handheld.broker.silent = False
    take = handheld.server.take
    handheld.server.take = lambda topic, message: take(topic, message) if topic.endswith("status") else []
    assert "no ack" in handheld.sync().error
    assert (handheld.read("/settings.json"), handheld.read("/settings.new")) == (OLD, NEW)


def test_a_press_and_want_of_memory_are_not_their_fault():
    handheld = desiring(NEW)
    for _ in range(5):
        handheld.pressed_after = 2
        assert handheld.sync().interrupted
        handheld.pressed_after = -1
        handheld.memory_short = True
        result = handheld.sync()
        assert result.restart
        assert "memory" in result.error
        handheld.memory_short = False
    assert handheld.read("/settings.new") == NEW
    assert handheld.sync().error is None
    assert handheld.read("/settings.json") == NEW


def test_settings_that_make_a_device_start_again_are_given_up_too():
    """The sync that they hang never comes to its end: a watchdog, or loss of power."""
    handheld = desiring(NEW)
    for _ in range(3):
        store = handheld.store_counter
        handheld.network_up = hang
        try:
            handheld.sync()
        except Hang:
            pass
        del handheld.network_up
        assert handheld.store_counter == store
        handheld.restart()
    assert handheld.sync().error is None
    assert handheld.reached[-1] == "old.example"
    assert handheld.read("/settings.new") is None


class Hang(Exception):  # noqa: N818 - it stands for the end of the program
    pass


def hang(*_):
    raise Hang


def test_settings_on_trial_that_cannot_be_read_do_not_stop_the_sync():
    handheld = desiring(NEW)
    handheld.write("/settings.new", NEW[:-9])
    assert handheld.sync().error is None
    assert handheld.reached[-1] == "old.example"
    assert handheld.read("/settings.new") == NEW, "they were not to blame for what flash did: fetched again"
    handheld.sync()
    assert handheld.read("/settings.json") == NEW


def test_what_can_never_work_is_not_even_tried():
    for data in (b"{}", b"no settings", NEW[:-1], settings(ca=[]), settings(ca=["MIIBu"])):
        handheld = desiring(data)
        assert handheld.read("/settings.new") is None
        assert handheld.sync().error is None
        assert handheld.reached == ["old.example"] * 2
        assert counters(handheld) == (1, REFUSED_UNUSABLE | ITEM_SETTINGS << 8)


def test_newer_settings_get_tries_of_their_own():
    handheld = desiring(NEW)
    handheld.unreachable = "new.example"
    handheld.sync()
    handheld.sync()
    handheld.unreachable = ""
    better = settings("better.example")
    desire(handheld.server, 6, SETTINGS + (better,))
    handheld.sync()
    assert handheld.read("/settings.new") == better
    handheld.unreachable = "better.example"
    handheld.sync()
    handheld.sync()
    assert handheld.read("/settings.new") == better
    handheld.unreachable = ""
    handheld.sync()
    assert handheld.read("/settings.json") == better


def test_settings_that_are_desired_no_more_end_their_trial():
    handheld = desiring(NEW)
    handheld.broker.silent = True
    handheld.sync()
    handheld.broker.silent = False
    desire(handheld.server, 6, SETTINGS + (OLD,))
    handheld.unreachable = "new.example"
    handheld.sync()
    handheld.sync()
    assert handheld.sync().error is None
    handheld.sync()
    assert handheld.server.status.desired_revision == 6
    assert handheld.read("/settings.json") == OLD


def test_both_authorities_are_tried_from_settings_in_force():
    handheld = Handheld()
    handheld.write("/settings.json", settings(ca=["MIIBuw==", "MIIBvA=="]))
    assert read_access(MOUNTED + "/settings.json").authorities == [b"\x30\x82\x01\xbb", b"\x30\x82\x01\xbc"]
    assert handheld.sync().error is None


def test_without_an_authority_nothing_is_connected_to():
    handheld = Handheld()
    handheld.write("/settings.json", settings(ca=[]))
    assert handheld.sync().error == "no CA certificate here: provision again"
    assert handheld.reached == []
    os.remove(MOUNTED + "/settings.json")
    assert handheld.sync().error == "no settings: provision this device"
