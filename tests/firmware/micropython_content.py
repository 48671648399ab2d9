"""What a server wants on a device: fetched after the answers, proven, and put into force."""

import os
import sys

from firmware.held import doubt
from protocol.envelope import UP, parse
from protocol.messages import (
    CHUNK_BYTES,
    ITEM_QUESTIONNAIRE,
    ITEM_TEXTS,
)
from tests.link.desiring import (
    APPLICATION,
    AUDIT,
    NEW,
    OLD,
    PATIENTS,
    TEXTS,
    desiring,
    names,
    provisioned,
    revision_after,
)
from tests.link.handheld import MOUNTED, desire, package, texts

STEPS = ("opening", "trial", "greeting", "conversation", "fetching")


def test_what_is_desired_is_fetched_and_put_into_force():
    handheld = desiring(PATIENTS + (NEW,), AUDIT + (package(3, "audit"),), TEXTS + (texts(2),))
    assert handheld.sync().error is None
    assert handheld.read("/questionnaire.pkg") == NEW
    assert handheld.read("/audit1.pkg") == package(3, "audit")
    assert handheld.read("/texts.pkg") == texts(2)
    assert handheld.server.status.desired_revision == 0
    assert revision_after(handheld) == 5
    assert names(handheld) == ["audit1.pkg", "held.bin", "questionnaire.pkg", "settings.json", "texts.pkg"]


def test_what_is_in_force_costs_nothing_more():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.sync()
    asked = len(handheld.server.requests)
    handheld.disk.operations = 0
    assert revision_after(handheld) == 5
    assert len(handheld.server.requests) == asked
    assert handheld.disk.operations == 1, "server time is stored, and no file is written"


def test_answers_are_handed_over_before_anything_is_fetched():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.answer(130)
    order = []
    take = handheld.server.take

    def watch(topic, message):
        order.append(parse(message, UP).header.type)
        return take(topic, message)

    handheld.server.take = watch
    assert handheld.sync().delivered == 130
    assert order == [1, 3, 3, 5, 5, 5], order
    assert handheld.progress == [(80, 130), (130, 130)]


def test_each_step_of_a_sync_is_in_memory_only_while_it_lasts():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.answer(1)
    for name in [name for name in sys.modules if name.split(".")[-1] in STEPS]:
        del sys.modules[name]
    seen = {}
    take = handheld.server.take

    def watch(topic, message):
        seen[parse(message, UP).header.type] = [name for name in STEPS if "firmware." + name in sys.modules]
        return take(topic, message)

    handheld.server.take = watch
    assert handheld.sync().error is None
    assert seen == {1: ["conversation"], 3: ["conversation"], 5: ["conversation", "fetching"]}, seen


def test_several_chunks_are_asked_for_at_once():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.sync()
    chunks = -(-len(NEW) // CHUNK_BYTES)
    assert handheld.server.requests == [(0, 8), (8, 8), (16, chunks - 16)]


def test_a_press_interrupts_and_the_next_sync_goes_on_where_it_was():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.answer(3)
    starts = []
    for _ in range(60):
        handheld.pressed_after = 45
        result = handheld.sync()
        handheld.pressed_after = -1
        if handheld.server.requests:
            starts.append(handheld.server.requests[-1][0])
        if not result.interrupted:
            break
        assert result.error is not None
        assert handheld.read("/questionnaire.pkg") == OLD
        handheld.restart()
    assert not result.interrupted, "it never came through"
    assert starts == sorted(starts)
    assert len(set(starts)) > 2, "it was interrupted in the midst of fetching"
    assert handheld.read("/questionnaire.pkg") == NEW
    assert handheld.counters.get("sync_failures", 0) == 0


def test_a_higher_revision_may_bring_back_what_was():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.sync()
    desire(handheld.server, 6, PATIENTS + (OLD,))
    handheld.sync()
    assert handheld.read("/questionnaire.pkg") == OLD
    assert revision_after(handheld) == 6


def test_audits_and_texts_that_are_no_longer_desired_are_deleted():
    handheld = desiring(AUDIT + (package(3, "audit"),), TEXTS + (texts(1),), PATIENTS + (NEW,))
    handheld.sync()
    handheld.write("/audit1.tab", b"table")
    desire(handheld.server, 6)
    handheld.sync()
    assert revision_after(handheld) == 6
    assert names(handheld) == ["held.bin", "questionnaire.pkg", "settings.json"]


def test_what_this_version_does_not_know_is_passed_over():
    handheld = desiring((99, 0, b"from a later version"), (ITEM_TEXTS, 3, b"x"), (ITEM_QUESTIONNAIRE, 8, OLD))
    handheld.sync()
    assert handheld.server.requests == []
    assert revision_after(handheld) == 5


def test_an_application_is_handed_over_once_whatever_becomes_of_it():
    archive = bytes(range(256)) * 24
    handheld = desiring(APPLICATION + (archive,))
    handheld.sync()
    assert handheld.read("/application.new") == archive
    asked = len(handheld.server.requests)
    os.remove(MOUNTED + "/application.new")  # installed, or refused
    assert revision_after(handheld) == 5
    desire(handheld.server, 6, APPLICATION + (archive,), TEXTS + (texts(1),))
    handheld.sync()
    assert handheld.read("/application.new") is None
    assert len(handheld.server.requests) == asked + 1, "only the texts"
    assert revision_after(handheld) == 6


def test_a_package_in_doubt_is_fetched_again_and_the_good_ones_are_not():
    handheld = desiring(PATIENTS + (NEW,), AUDIT + (package(3, "audit"),))
    handheld.sync()
    asked = len(handheld.server.requests)
    handheld.write("/audit1.pkg", b"what flash has left of it")
    doubt(handheld.files)
    handheld.sync()
    assert len(handheld.server.requests) == asked + 1
    assert handheld.read("/audit1.pkg") == package(3, "audit")
    assert revision_after(handheld) == 5


def test_a_file_system_that_was_flashed_anew_gets_everything_again():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.sync()
    for name in ("/held.bin", "/questionnaire.pkg"):
        os.remove(MOUNTED + name)
    handheld.sync()
    assert handheld.read("/questionnaire.pkg") == NEW


def test_a_damaged_list_of_what_is_desired_is_thrown_away():
    for damaged in (b"", b"\x00", bytes(9) + b"x", bytes(8) + b"\x02" + bytes(43), b"\xff" * 500):
        handheld = provisioned()
        handheld.write("/desired.bin", damaged)
        assert not handheld.settle()
        assert "desired.bin" not in names(handheld)
        desire(handheld.server, 5, PATIENTS + (NEW,))
        handheld.sync()
        assert revision_after(handheld) == 5


def test_parts_of_what_nobody_wants_any_more_are_deleted():
    handheld = desiring(PATIENTS + (NEW,))
    handheld.write("/0123456789abcdef.part", bytes(3000))
    handheld.sync()
    assert not [name for name in names(handheld) if name.endswith(".part")]
