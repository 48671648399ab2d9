"""What a device does not put into force, and why; and what it gets although something is in the way."""

import os

import firmware.switching
from protocol.envelope import CONTENT_CHUNK
from protocol.messages import (
    COUNTER_SETTINGS_REFUSED,
    ITEM_APPLICATION,
    ITEM_QUESTIONNAIRE,
    ITEM_SETTINGS,
    REFUSED_DAMAGED,
    REFUSED_LARGE,
    REFUSED_NO_ROOM,
    REFUSED_UNUSABLE,
    Item,
)
from protocol.package import PACKAGE_BYTES_MAX
from tests.link.desiring import (
    AUDIT,
    NEW,
    OLD,
    PATIENTS,
    TEXTS,
    desiring,
    names,
    provisioned,
    refused,
    revision_after,
)
from tests.link.handheld import BLOCK_BYTES, BLOCKS, MOUNTED, desire, package, settings, texts


def test_bytes_that_came_wrong_are_fetched_anew_and_at_last_refused():
    handheld = desiring(PATIENTS + (NEW,))
    digest = handheld.server.items[0].digest
    handheld.server.packages[digest] = NEW[:5000] + b"\x00" + NEW[5001:]
    for tries in range(1, 6):
        handheld.sync()
        assert handheld.read("/questionnaire.pkg") == OLD
        assert len([start for start, _ in handheld.server.requests if start == 0]) == min(tries, 3)
    assert refused(handheld) == (1, REFUSED_DAMAGED | ITEM_QUESTIONNAIRE << 8)
    assert handheld.server.status.desired_revision == 0
    assert not [name for name in names(handheld) if name.endswith(".part")]
    desire(handheld.server, 6, PATIENTS + (package(9),))
    handheld.sync()
    assert revision_after(handheld) == 6
    assert handheld.read("/questionnaire.pkg") == package(9)


def test_bytes_that_came_wrong_once_are_forgiven():
    handheld = desiring(PATIENTS + (NEW,))
    digest = handheld.server.items[0].digest
    handheld.server.packages[digest] = NEW[:-1] + b"\x00"
    handheld.sync()
    handheld.server.packages[digest] = NEW
    handheld.sync()
    assert revision_after(handheld) == 5
    assert handheld.read("/questionnaire.pkg") == NEW


def test_a_package_that_cannot_be_used_is_refused_and_the_old_one_stays():
    damaged = bytearray(OLD)
    damaged[40] ^= 1
    for slot, data in (
        (PATIENTS, bytes(damaged)),
        (PATIENTS, b"no package at all"),
        (PATIENTS, package(3, "audit")),
        (PATIENTS, texts(1)),
        (AUDIT, package(3)),
        (TEXTS, package(3)),
        (TEXTS, b"{}"),
    ):
        handheld = desiring(slot + (data,))
        for _ in range(3):
            assert handheld.sync().error is None
        assert len(handheld.server.requests) == 1, "it is fetched once and never again"
        assert refused(handheld) == (1, REFUSED_UNUSABLE | slot[0] << 8 | slot[1] << 16)
        assert [event for event, fields in handheld.told] == ["refused"]
        assert handheld.server.status.desired_revision == 0
        assert handheld.read("/questionnaire.pkg") == OLD
        assert "audit1.pkg" not in names(handheld)
        assert "texts.pkg" not in names(handheld)


def test_a_package_without_the_memory_to_prove_it_is_tried_again_and_at_last_refused():
    for failures in (1, 2, 3):
        handheld = desiring(PATIENTS + (NEW,), AUDIT + (package(3, "audit"),))
        prove = firmware.switching._prove
        for _ in range(failures):
            firmware.switching._prove = no_memory
            try:
                handheld.sync()
            except MemoryError:
                pass
            else:
                raise AssertionError("nobody is told")
            finally:
                firmware.switching._prove = prove
            assert handheld.read("/questionnaire.pkg") == OLD
        handheld.sync()
        assert sorted(handheld.server.requests) == [(0, 1), (0, 8), (8, 8), (16, 5)], "nothing is fetched twice"
        if failures < 3:
            assert handheld.read("/questionnaire.pkg") == NEW
            assert revision_after(handheld) == 5
        else:
            assert handheld.read("/questionnaire.pkg") == OLD
            assert refused(handheld) == (1, REFUSED_UNUSABLE | ITEM_QUESTIONNAIRE << 8)
        assert handheld.read("/audit1.pkg") == package(3, "audit")


def no_memory(*_):
    raise MemoryError


def test_settings_with_which_a_device_would_never_be_heard_of_again_are_refused():
    for every_s, refusals in ((604800, 0), (604801, 1)):
        handheld = desiring((ITEM_SETTINGS, 0, settings(sync_every_s=every_s)))
        handheld.sync()
        assert (handheld.read("/settings.new") is None) == bool(refusals)
        handheld.sync()
        assert dict(handheld.server.status.counters).get(COUNTER_SETTINGS_REFUSED, 0) == refusals


def test_one_refused_package_does_not_keep_the_others_out():
    handheld = desiring(AUDIT + (b"nonsense",), PATIENTS + (NEW,))
    handheld.sync()
    assert handheld.read("/questionnaire.pkg") == NEW
    assert revision_after(handheld) == 0, "not everything is in force"


def test_a_lower_revision_is_refused_and_its_time_still_counts():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.sync()
    desire(handheld.server, 4, PATIENTS + (OLD,))
    handheld.server.server_time += 1000
    assert revision_after(handheld) == 5
    assert handheld.read("/questionnaire.pkg") == NEW
    assert handheld.counters["server_time"] == handheld.server.server_time
    assert "desired.bin" not in names(handheld)


def test_a_package_that_the_server_has_not_waits_and_the_others_come():
    handheld = desiring(AUDIT + (package(3, "audit"),), PATIENTS + (NEW,))
    missing = handheld.server.items[0].digest
    data = handheld.server.packages.pop(missing)
    assert handheld.sync().error is None
    assert handheld.read("/questionnaire.pkg") == NEW
    assert refused(handheld) == (0, 0)
    handheld.server.packages[missing] = data
    handheld.sync()
    assert revision_after(handheld) == 5


def test_a_server_that_sends_no_content_is_not_asked_for_ever():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.server.send = lambda request: handheld.server.requests.append(request) or []
    result = handheld.sync()
    assert result.error is None, "the answers were handed over"
    assert len(handheld.server.requests) == 3
    assert handheld.read("/questionnaire.pkg") == OLD


def test_lost_and_strange_chunks_are_asked_for_again():
    handheld = desiring(PATIENTS + (NEW,), TEXTS + (texts(2),))
    send = handheld.server.send
    state = {"rounds": 0}

    def disturbed(request):
        replies = send(request)
        state["rounds"] += 1
        if state["rounds"] % 2 and len(replies) > 2:
            return [replies[1], replies[0], replies[0]] + replies[3:]  # out of order, twice, and one lost
        return replies

    handheld.server.send = disturbed
    for _ in range(4):
        handheld.sync()
    assert handheld.read("/questionnaire.pkg") == NEW
    assert "refused" not in [event for event, _ in handheld.told], "not one byte came to the wrong place"
    assert revision_after(handheld) == 5


def test_chunks_of_another_connection_count_for_nothing():
    handheld = desiring(PATIENTS + (NEW,))
    server = handheld.server
    sealed = server.sealed
    server.sealed = lambda kind, body, **changes: sealed(
        kind, body, device_nonce=b"DEVICE00" if kind == CONTENT_CHUNK else None, **changes
    )
    handheld.sync()
    assert handheld.read("/questionnaire.pkg") == OLD
    assert [fields["reason"] for event, fields in handheld.told if event == "ignored"][:3] == ["nonce"] * 3


def test_without_room_nothing_is_fetched_and_it_comes_once_there_is():
    handheld = desiring(PATIENTS + (NEW,))
    filler = BLOCKS * BLOCK_BYTES - 16384 - len(NEW) // 2 - 2048
    handheld.write("/filler", bytes(filler))
    assert handheld.sync().error is None
    assert handheld.server.requests == []
    assert refused(handheld) == (0, REFUSED_NO_ROOM | ITEM_QUESTIONNAIRE << 8)
    os.remove(MOUNTED + "/filler")
    handheld.sync()
    assert revision_after(handheld) == 5


def test_what_is_too_large_is_refused_without_being_fetched():
    for kind, length in (
        (ITEM_QUESTIONNAIRE, PACKAGE_BYTES_MAX + 1),
        (ITEM_SETTINGS, 4097),
        (ITEM_APPLICATION, 262145),
    ):
        handheld = provisioned()
        handheld.server.revision = 5
        handheld.server.items = [Item(kind, 0, 5, length, bytes(32))]
        handheld.sync()
        assert handheld.server.requests == []
        assert refused(handheld) == ((0 if kind == ITEM_SETTINGS else 1), REFUSED_LARGE | kind << 8)
