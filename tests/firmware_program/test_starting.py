"""What a device says that lacks a part; and what it is after deep sleep and after loss of power."""

import socket

import pytest

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Journal
from protocol.identity import encode_identity
from protocol.record import QUALITY_SERVER, QUALITY_UNSET
from tests.device_directory import IDENTITY, make_device, questionnaire, records
from tests.device_program import NOW, answers, run

NO_ROOM = '{"broker": {"host": "broker.example", "port": 0}}'


def flipped(data, at):
    """The same bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"identity": None}, "this device has no identity yet: provision it"),
        (
            {"identity": flipped(encode_identity(IDENTITY), 60)},
            "the pet_id area is damaged: provision this device again",
        ),
        ({"identity": bytes(4096)}, "something else"),
        ({"settings": None}, "no settings: provision this device"),
        ({"settings": b'{"broker": {"host": "bro'}, "settings damaged: provision again"),
        ({"settings": b"{}"}, "settings lack the broker: provision again"),
        ({"settings": NO_ROOM.encode()}, "settings: broker port is wrong, provision again"),
    ],
    ids=lambda value: value[:30].replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_device_that_lacks_a_part_says_which_and_stops(tmp_path, parts, words):
    done = run(make_device(tmp_path / "device", **parts), *answers(1))
    assert done.returncode == 2
    assert [event["event"] for event in done.events] == ["screen", "lacking"]
    assert done.screens() == ["service"]
    assert words in done.last("lacking")["reason"]
    assert done.errors == ""


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (None, "no questionnaire: publish one to this device"),
        (flipped(questionnaire(), 3000), "the questionnaire is damaged: publish it again"),
        (questionnaire()[:-200], "the questionnaire is damaged: publish it again"),
        (bytes(5000), "not a questionnaire package"),
    ],
    ids=("none", "damaged", "cut", "zeros"),
)
def test_a_device_without_a_questionnaire_says_so_and_syncs_to_fetch_one(tmp_path, package, words):
    settings = {"broker": {"host": "127.0.0.1", "port": 1}}
    directory = make_device(tmp_path / "device", package=package, settings=settings, ca_der=b"\x30")
    done = run(directory, "wait 5000", "wait 200000")
    assert words in done.named("lacking")[0]["reason"]
    assert done.screens()[0] == "service"
    assert "no broker found" in done.named("synced")[0]["error"]  # once, when power has come, and then by its schedule
    assert len(done.named("synced")) == 1
    assert done.screens()[-1] == "off"
    assert done.errors == ""


def test_a_journal_of_another_device_is_left_alone(tmp_path):
    directory = make_device(tmp_path / "device")
    flash = FaultyFlash(str(directory / "journal.nor"))
    Journal(flash, IDENTITY.device_id + 1, lambda count: b"\x09" * count).append(b"\x01" + bytes(27))
    before = bytes(flash.image())
    flash.close()
    done = run(directory, *answers(1, 1, 1, 1, 1))
    assert done.returncode == 2
    assert done.last("lacking")["reason"] == "journal of device 0000002b: back it up, then erase it"
    assert (directory / "journal.nor").read_bytes() == before


def test_a_journal_area_with_something_else_in_it_is_never_formatted(tmp_path):
    directory = make_device(tmp_path / "device")
    noise = bytes(range(1, 256)) * 4113
    (directory / "journal.nor").write_bytes(noise[: 256 * 4096])
    done = run(directory, *answers(1, 1, 1, 1, 1))
    assert done.returncode == 2
    assert "back" in done.last("lacking")["reason"]
    assert (directory / "journal.nor").read_bytes() == noise[: 256 * 4096]


def test_a_device_without_a_ca_trusts_nobody_and_still_takes_answers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as anybody:
        settings = {"broker": {"host": "127.0.0.1", "port": anybody.getsockname()[1]}}
        directory = make_device(tmp_path / "device", settings=settings)
        done = run(directory, *answers(1, 1, 1, 1, 1), "wait 9000", "sync", *answers(1, 1, 1, 1, 1))
    assert done.returncode == 0
    assert "no CA certificate" in done.last("synced")["error"]
    assert len(records(directory)) == 2


def test_a_device_whose_broker_is_out_of_reach_says_so_and_goes_on(tmp_path):
    directory = make_device(tmp_path / "device", settings={"broker": {"host": "127.0.0.1", "port": 1}}, ca_der=b"\x30")
    done = run(directory, *answers(1, 1, 1, 1, 1), "wait 9000", "sync", *answers(1, 1, 1, 1, 1))
    assert done.last("synced")["delivered"] == 0
    assert done.last("synced")["waiting"] == 1
    assert "no broker found" in done.last("synced")["error"]
    assert done.screens()[-1] == "thanks"


def test_deep_sleep_keeps_the_session_and_loss_of_power_ends_it(tmp_path):
    directory = make_device(tmp_path / "device")
    first = run(directory, *answers(1, 1, 1, 1, 1), "quit").last("ready")
    asleep = run(directory, *answers(1, 1, 1, 1, 1), "quit", virtual=NOW + 5000).last("ready")
    lost = run(directory, *answers(1, 1, 1, 1, 1), virtual=NOW + 9000).last("ready")
    after = run(directory, *answers(1, 1, 1, 1, 1), virtual=NOW + 12000).last("ready")
    sessions = [ready["session"] for ready in (first, asleep, lost, after)]
    assert sessions == [sessions[0], sessions[0], sessions[0], sessions[0] % 0xFFFF + 1]
    kept = records(directory)
    assert [record.session for record in kept] == sessions
    assert [record.seconds // 1000 for record in kept] == [0, 5, 9, 0]
    assert [record.sequence for record in kept] == [1, 2, 3, 4]


def test_on_the_hosts_clock_quality_survives_deep_sleep_and_not_loss_of_power(tmp_path):
    directory = make_device(tmp_path / "device")
    fresh = run(directory, "quit", virtual=None).last("ready")
    assert (fresh["clock"], fresh["quality"]) == (0, QUALITY_UNSET)
    run(directory, "quit", virtual=NOW)
    slept = run(directory, virtual=None).last("ready")
    assert slept["session"] == fresh["session"]
    assert slept["quality"] == QUALITY_SERVER
    lost = run(directory, "quit", virtual=None).last("ready")
    assert lost["session"] == fresh["session"] % 0xFFFF + 1
    assert (lost["clock"], lost["quality"]) == (0, QUALITY_UNSET)


def test_a_command_nobody_knows_is_named_and_does_no_harm(tmp_path):
    lines = ["press 7", "press x", "press", "hold 0", "answer 9", "sing", "wait x", "at 5"]
    directory = make_device(tmp_path / "device")
    done = run(directory, *lines, *answers(1, 1, 1, 1, 1))
    assert [event["command"] for event in done.named("unknown command")] == lines[:6]
    assert len(records(directory)) == 1


def test_a_press_while_it_falls_asleep_is_not_swallowed(tmp_path):
    """Its commands wait when the process begins: the button is down before the device has gone back to sleep."""
    directory = make_device(tmp_path / "device")
    assert run(directory, "wait 1000", "quit").screens() == ["idle"]
    assert run(directory, "press 1", "wait 1000").screens() == ["promise"]


def test_a_button_that_something_lies_on_does_not_keep_the_device_awake(tmp_path):
    directory = make_device(tmp_path / "device")
    hold = ["lean 3 100000000"]
    done = run(directory, *hold, "wait 400000", "status")
    assert done.screens()[-1] == "off"
    assert done.screens().count("off") == 1
    assert records(directory) == []
