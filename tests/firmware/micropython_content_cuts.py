"""Loss of power at every operation of the file system and of the counters, while content and settings are replaced.

On a real littlefs: the operation at which the power goes is torn, everything after it does not happen. Whatever was
in force before is whole, or what comes after it is; the device finds its server again and gets all that is desired.
"""

from firmware.settings import read_access, read_settings
from protocol.messages import ITEM_APPLICATION, ITEM_QUESTIONNAIRE, ITEM_SETTINGS, ITEM_TEXTS
from tests.link.handheld import Handheld, desire, package, settings, texts

OLD = {"/settings.json": settings("old.example"), "/questionnaire.pkg": package(1), "/audit2.pkg": package(4, "audit")}
NEW = {
    "/settings.json": settings("new.example"),
    "/questionnaire.pkg": package(2, bytes_of_pictures=3000),
    "/audit1.pkg": package(3, "audit"),
    "/texts.pkg": texts(2),
}
APPLICATION = b"archive" * 300
SYNCS_MAX = 12


def desiring():
    handheld = Handheld()
    for name, data in OLD.items():
        handheld.write(name, data)
    handheld.answer(3)
    desire(
        handheld.server,
        5,
        (ITEM_QUESTIONNAIRE, 0, NEW["/questionnaire.pkg"]),
        (ITEM_SETTINGS, 0, NEW["/settings.json"]),
        (ITEM_QUESTIONNAIRE, 1, NEW["/audit1.pkg"]),
        (ITEM_TEXTS, 0, NEW["/texts.pkg"]),
        (ITEM_APPLICATION, 0, APPLICATION),
    )
    return handheld


def until_in_force(handheld):
    """Sync as a device would, until the server hears that everything is in force. The number of syncs."""
    handheld.settle()  # as at a start
    for syncs in range(1, SYNCS_MAX):
        handheld.sync()
        if handheld.disk.dead:
            return syncs
        if handheld.server.status and handheld.server.status.desired_revision == 5:
            return syncs
    raise AssertionError("it never came into force")


def cut(handheld, operations):
    """Let it work until the power goes; whether it went."""
    handheld.restart(operations)
    try:
        until_in_force(handheld)
    except OSError:
        pass  # PowerCut, or what littlefs makes of it
    return handheld.disk.dead


def check(handheld, when):
    """What is in force is whole, old or new."""
    for name in ("/settings.json", "/questionnaire.pkg"):
        assert handheld.read(name) in (OLD[name], NEW[name]), (when, name)
    for name in ("/audit1.pkg", "/audit2.pkg", "/texts.pkg"):
        assert handheld.read(name) in (None, OLD.get(name), NEW.get(name)), (when, name)
    assert handheld.read("/application.new") in (None, APPLICATION), when
    assert read_settings(handheld.files).sync_every_s == 3600
    assert read_access(handheld.files + "/settings.json").authorities


def finish(handheld, when):
    handheld.restart()
    check(handheld, when)
    until_in_force(handheld)
    for name, data in NEW.items():
        assert handheld.read(name) == data, (when, name)
    assert handheld.read("/audit2.pkg") is None, when
    assert handheld.read("/application.new") == APPLICATION, when
    assert sorted(handheld.server.records) == [1, 2, 3], when
    assert handheld.journal.acked_through == 3, when
    assert handheld.counters.get("refused", 0) == 0, when
    assert handheld.counters.get("settings_bad", 0) == 0, when


def all_operations():
    handheld = desiring()
    handheld.restart()
    until_in_force(handheld)
    return handheld.disk.operations


def test_a_cut_at_every_operation():
    count = all_operations()
    assert count > 100
    for operations in range(count):
        handheld = desiring()
        assert cut(handheld, operations), operations
        finish(handheld, operations)
    print("%d operations cut" % count)


def test_a_second_cut_while_it_recovers():
    count = all_operations()
    for operations in range(0, count, 3):
        handheld = desiring()
        cut(handheld, operations)
        handheld.restart()
        check(handheld, operations)
        cut(handheld, (operations * 7) % 41)
        finish(handheld, operations)
