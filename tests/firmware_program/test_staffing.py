"""What staff do at the device, pressed on the whole application: nothing of it leaks into what a patient says."""

from protocol.record import (
    FLAG_ASSISTED,
    FLAG_HOME_VISIT,
    FLAG_PARTIAL,
    KIND_AUDIT,
    KIND_DECLINED,
    KIND_RESPONSE,
)
from server.fleet.packages import build_package, read_definition
from tests.device_directory import REFERENCE, SETTINGS, make_device, records
from tests.device_program import answers, run
from tests.firmware_program.test_full import full_flash
from tests.parts import ROOT

QUESTIONNAIRES = ROOT / "deploy/demo/questionnaires"
AUDIT_REFERENCE = 9
PAUSE = "wait 900"
STAFF = ("staff", PAUSE)
CHECKLIST = (*STAFF, "press 5", PAUSE, "press 5", PAUSE, "press 1", PAUSE, "press 1", PAUSE)
HELPED = (*STAFF, "press 3", "wait 9000")
A_PASS = (*answers(1, 1, 1, 1, 1), "wait 9000")


def device_with_a_checklist(directory):
    make_device(directory)
    checklist = build_package(read_definition(QUESTIONNAIRES / "audit-hand-hygiene.toml"), AUDIT_REFERENCE)
    (directory / "vfs" / "audit1.pkg").write_bytes(checklist)
    return directory


def test_the_press_that_chooses_a_checklist_answers_none_of_its_questions(tmp_path):
    directory = device_with_a_checklist(tmp_path / "device")
    done = run(directory, *CHECKLIST, "wait 100000")
    assert done.screens()[-1] in ("idle", "off")
    assert "chosen" not in done.screens()
    assert records(directory) == []


def test_a_checklist_is_kept_as_one_and_the_patients_come_back(tmp_path):
    directory = device_with_a_checklist(tmp_path / "device")
    run(directory, *CHECKLIST, *["press 1", "wait 2000"] * 4, "wait 9000", *A_PASS)
    assert [(record.kind, record.questionnaire) for record in records(directory)] == [
        (KIND_AUDIT, AUDIT_REFERENCE),
        (KIND_RESPONSE, REFERENCE),
    ]


def test_a_full_device_begins_no_checklist(tmp_path):
    directory = device_with_a_checklist(tmp_path / "device")
    (directory / "journal.nor").write_bytes(full_flash())
    done = run(directory, *CHECKLIST, "wait 20000")
    assert "question" not in done.screens()
    assert "full" in done.screens()


def test_who_declines_is_counted_for_the_questionnaire_also_before_the_first_pass(tmp_path):
    directory = make_device(tmp_path / "device")
    run(directory, *STAFF, "press 2", PAUSE, "press 1", "wait 9000")
    (declined,) = records(directory)
    assert (declined.kind, declined.questionnaire, declined.answers[0]) == (KIND_DECLINED, REFERENCE, 0)


def test_help_marks_the_next_pass_and_no_other(tmp_path):
    directory = make_device(tmp_path / "device")
    run(directory, *HELPED, *A_PASS, *A_PASS)
    assert [record.flags for record in records(directory)] == [FLAG_ASSISTED, 0]


def test_help_for_somebody_who_leaves_or_declines_is_not_kept_for_the_next(tmp_path):
    left = make_device(tmp_path / "left")
    run(left, *HELPED, "press 1", "wait 120000", *A_PASS)
    assert [record.flags for record in records(left)] == [0]
    declined = make_device(tmp_path / "declined")
    run(declined, *HELPED, *STAFF, "press 2", PAUSE, "press 1", "wait 9000", *A_PASS)
    assert [record.flags for record in records(declined)] == [0, 0]


def test_a_home_visit_is_locked_until_staff_release_it_and_all_of_it_is_marked(tmp_path):
    directory = make_device(tmp_path / "device")
    done = run(directory, *STAFF, "press 1", "wait 3000", *A_PASS, *answers(1), *STAFF, "press 6", PAUSE, *A_PASS)
    assert done.screens()[:3] == ["idle", "staff-menu", "handover"]
    assert [record.flags for record in records(directory)] == [FLAG_HOME_VISIT, FLAG_HOME_VISIT | FLAG_PARTIAL, 0]


def test_a_stage_ends_with_its_home_visit_and_on_the_ward_with_the_next_choice(tmp_path):
    settings = {**SETTINGS, "stages": ["First visit", "Review"]}
    stage = (*STAFF, "press 5", PAUSE, "press 3", PAUSE, "press 3", "wait 9000")  # Review
    visit = (*STAFF, "press 1", "wait 3000")
    decline = ("press 2", PAUSE, "press 1", "wait 9000")
    leave = ("press 6", PAUSE)
    directory = make_device(tmp_path / "device", settings=settings)
    run(directory, *stage, *leave, *A_PASS, *visit, *A_PASS, *STAFF, *leave, *A_PASS)
    assert [record.stage for record in records(directory)] == [2, 2, 0]
    directory = make_device(tmp_path / "declined", settings=settings)
    run(directory, *stage, *leave, *visit, *STAFF, *decline, *STAFF, *decline, *visit, *A_PASS)
    found = [(record.kind, record.stage, record.flags) for record in records(directory)]
    assert found == [
        (KIND_DECLINED, 2, FLAG_HOME_VISIT),
        (KIND_DECLINED, 0, 0),
        (KIND_RESPONSE, 0, FLAG_HOME_VISIT),
    ]


def test_everybody_is_thanked_in_their_own_language(tmp_path):
    beds = build_package(read_definition(QUESTIONNAIRES / "beds.toml"), REFERENCE)
    thanks = set()
    for button in (1, 2, 4, 5):
        directory = make_device(tmp_path / f"language-{button}", package=beds)
        begin = ("press 3", "wait 2000", f"press {button}", "wait 2000", "press 3", "wait 2000")
        done = run(directory, *begin, *["press 1", "wait 2000"] * 5)
        thanks |= {event["frame"] for event in done.named("screen") if event["name"] == "thanks"}
    assert len(thanks) == 4
