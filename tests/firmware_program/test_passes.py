"""The whole application in real MicroPython: what is pressed is what stands on flash, and nothing else does."""

import base64
import subprocess

from protocol.record import FLAG_PARTIAL, FLAG_TOO_FAST, KIND_RESPONSE, QUALITY_SERVER
from tests.device_directory import OPTION_COUNTS, REFERENCE, make_device, records
from tests.device_program import BEGIN, NOW, READ_MS, answers, application, command, run

SKIPPED = 14
TIMED_OUT = 15
ASKED = ["question", "chosen"]


def answers_of(record):
    return record.answers[: len(OPTION_COUNTS)]


def pressed(directory, *commands):
    """The run of a fresh device, and the records that it leaves."""
    make_device(directory)
    done = run(directory, *commands)
    assert done.returncode == 0, done.errors
    return done, records(directory)


def test_five_answers_are_thanked_for_and_stand_on_flash(tmp_path):
    done, kept = pressed(tmp_path / "device", *answers(1, 3, 2, 4, 5), "wait 10000", "quit")
    assert done.screens() == ["idle", "promise", *ASKED * 5, "thanks", "idle"]
    assert [event["sequence"] for event in done.named("thanked")] == [1]
    (record,) = kept
    assert record.kind == KIND_RESPONSE
    assert record.flags == 0
    assert record.questionnaire == REFERENCE
    assert record.answers == (1, 3, 2, 4, 5, 0, 0, 0, 0, 0, 0, 0)
    assert record.session == done.last("ready")["session"]
    assert record.quality == QUALITY_SERVER
    assert 12 <= record.clock - NOW <= 22
    assert record.seconds == record.clock - NOW
    assert record.duration == 5  # five questions of two seconds and a bit, without the promise


def test_every_option_of_every_question_arrives_as_itself(tmp_path):
    given = [[1 + number % count for count in OPTION_COUNTS] for number in range(max(OPTION_COUNTS))]
    commands = [line for options in given for line in (*answers(*options), "wait 10000")]
    _, kept = pressed(tmp_path / "device", *commands)
    assert [list(answers_of(record)) for record in kept] == given


def test_each_button_stands_for_the_option_above_it(tmp_path):
    commands = []
    for button in (1, 3, 5):
        commands += [
            *BEGIN,
            *(f"press {button}", f"wait {READ_MS}") * 2,
            *("press 5", f"wait {READ_MS}") * 3,
            "wait 9000",
        ]
    _, kept = pressed(tmp_path / "device", *commands)
    assert [answers_of(record) for record in kept] == [(1, 1, 4, 4, 5), (2, 2, 4, 4, 5), (3, 3, 4, 4, 5)]


def test_every_screen_is_a_different_picture(tmp_path):
    done, _ = pressed(tmp_path / "device", *answers(1, 3, 2, 4), "wait 80000", "press 1", "answer 5", "wait 2000")
    frames = {event["frame"]: event["name"] for event in done.named("screen")}
    assert len(frames) == len(done.screens()) - 1  # the last question is shown twice
    assert all(len(base64.b64decode(frame)) == 128 * 64 // 8 for frame in frames)
    assert set(frames.values()) == {"idle", "promise", "question", "chosen", "warning", "thanks"}


def test_a_skipped_question_is_kept_as_skipped(tmp_path):
    done, kept = pressed(tmp_path / "device", *answers(1, 0, 2, 0, 0))
    assert answers_of(kept[0]) == (1, SKIPPED, 2, SKIPPED, SKIPPED)
    assert len(done.named("thanked")) == 1


def test_back_changes_an_answer_and_from_the_first_question_ends(tmp_path):
    again = ["press 6", "wait 1000"] * 2 + ["answer 2", "wait 2000", "answer 2", "wait 2000"]
    _, kept = pressed(tmp_path / "device", *answers(1, 1), *again, *answers(3, 3, 5)[len(BEGIN) :])
    assert answers_of(kept[0]) == (2, 2, 3, 3, 5)
    done, kept = pressed(tmp_path / "other", *answers(1), *["press 6", "wait 1000"] * 3)
    assert done.screens()[-1] == "idle"
    assert kept == []


def test_a_time_out_keeps_what_was_answered_and_clears_the_screen(tmp_path):
    done, kept = pressed(tmp_path / "device", *answers(3, 2), "wait 100000")
    assert done.screens() == ["idle", "promise", *ASKED * 2, "question", "warning", "idle", "off"]
    assert done.named("thanked") == []
    assert [event["sequence"] for event in done.named("kept")] == [1]
    assert answers_of(kept[0]) == (3, 2, TIMED_OUT, 0, 0)
    assert kept[0].flags == FLAG_PARTIAL


def test_a_time_out_without_an_answer_keeps_nothing(tmp_path):
    done, kept = pressed(tmp_path / "device", *BEGIN, "wait 100000")
    assert done.screens() == ["idle", "promise", "question", "warning", "idle", "off"]
    assert kept == []


def test_the_next_person_meets_no_answer_of_one_who_left(tmp_path):
    done, kept = pressed(tmp_path / "device", *answers(3, 2), "wait 100000", *answers(0, 0, 0, 0, 1))
    assert answers_of(kept[1]) == (SKIPPED, SKIPPED, SKIPPED, SKIPPED, 1)
    questions = [event["frame"] for event in done.named("screen") if event["name"] == "question"]
    assert questions[0] == questions[3]


def test_a_pass_nobody_can_have_read_is_kept_and_flagged(tmp_path):
    hammering = [f"press {1 if number % 2 else 5}" for number in range(2 + 2 * len(OPTION_COUNTS))]
    done, kept = pressed(tmp_path / "device", *hammering)
    assert len(done.named("thanked")) == 1
    assert kept[0].flags == FLAG_TOO_FAST
    assert kept[0].duration <= 1


def test_a_shaking_hand_gives_one_answer(tmp_path):
    shaking = ["press 1"] * 4
    _, kept = pressed(tmp_path / "device", *BEGIN, *shaking, "wait 2000", *answers(3, 1, 1, 1)[len(BEGIN) :])
    assert answers_of(kept[0]) == (1, 3, 1, 1, 1)


def test_the_record_is_on_flash_before_the_thanks_are_given(tmp_path):
    """The process is killed the moment it says "thanked"; it is still busy with what comes after."""
    directory = make_device(tmp_path / "device")
    for sequence in (1, 2, 3):
        device = subprocess.Popen(
            command(directory, "--virtual", str(NOW + 1000 * sequence), "--quiet"),
            cwd=directory,
            env=application(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with device:
            device.stdin.write(
                "".join(f"{line}\n" for line in [*answers(2, 2, 2, 2, sequence), "wait 9000"] * 50).encode()
            )
            device.stdin.flush()
            for line in device.stdout:
                if b'"thanked"' in line:
                    device.kill()
                    break
        kept = records(directory)
        assert len(kept) >= sequence
        assert answers_of(kept[-1])[:4] == (2, 2, 2, 2)
        assert kept[-1].clock > NOW + 1000 * sequence
