"""The bar of memory: the whole application from bytecode, with every feature on, on the first heap of an ESP32.

The simulated board and its flash, Python here and mostly C on a chip, count against it too.
What a sync, fetching and an update leave free: test_heap_of_a_sync.py.
"""

import pytest

from server.fleet.packages import build_package, read_definition
from tests.device_directory import SETTINGS, make_device
from tests.device_program import answers, run
from tests.parts import ROOT

RESPONSES = 1000
FREE_MIN = 0.40  # of the heap, after a collection
WORN_BYTES = 3072  # what waiting may take more after all that than at the beginning: names that were met on the way
EVERYTHING = {**SETTINGS, "teams": ["North", "South", "Evening"], "stages": ["First visit", "Discharge"]}
LANGUAGES = 7
BEGIN = ("press 1", "wait 2000", "press 1", "wait 2000", "press 1", "wait 2000")  # start, English, past the promise


def share_free(status):
    return status["heap_free"] / (status["heap_free"] + status["heap_used"])


def said(what, status):
    """The figure, for whoever runs this with -s."""
    print(f"heap {what}: {status['heap_used']} bytes live, {share_free(status):.1%} free")
    return share_free(status)


def full_device(directory, **parts):
    """A device with seven languages, teams, stages, two checklists."""
    questionnaires = ROOT / "deploy/demo/questionnaires"
    beds = build_package(read_definition(questionnaires / "beds.toml"), 7)
    make_device(directory, package=beds, **{"settings": EVERYTHING, **parts})
    for number, name in ((1, "audit-hand-hygiene"), (2, "audit-mealtime")):
        audit = build_package(read_definition(questionnaires / f"{name}.toml"), 7 + number)
        (directory / "vfs" / f"audit{number}.pkg").write_bytes(audit)
    return directory


def worn_by(directory, passes):
    """The status at the first screen, and after so many passes in one go."""
    full_device(directory)
    count = len(read_definition(ROOT / "deploy/demo/questionnaires/beds.toml")["questions"])
    a_pass = [*BEGIN, *["press 1", "wait 2000"] * count, "wait 9000"]
    done = run(
        directory, "press 1", "wait 100", "status", "wait 20000", *a_pass * passes, "press 1", "status", quiet=True
    )
    assert done.errors == ""
    assert len(done.named("thanked")) == passes
    first, last = done.named("status")
    said("at the first screen", first)
    assert said(f"after {passes} passes", last) >= FREE_MIN
    return first, last


def test_asking_in_seven_languages_leaves_two_fifths_free_after_1000_passes(tmp_path):
    """Ten times as many: make bench ARGS=tests/firmware_program/bench_heap.py."""
    first, last = worn_by(tmp_path / "device", RESPONSES)
    assert last["heap_used"] - first["heap_used"] < WORN_BYTES


def test_staff_leave_two_fifths_free_in_every_corner(tmp_path):
    directory = full_device(tmp_path / "device")
    back, more = ["press 6", "wait 900"], ["press 5", "wait 900"]
    corners = {
        "menu": ["staff"],
        "status": ["press 4"],
        "list of teams": [*back, *more, "press 2"],
        "self-test": [*back * 2, "staff", "wait 900", "staff", "wait 900", *more * 2, "press 2"],
        "checklist": ["wait 40000", "staff", *more * 2, "press 1", "wait 900", "press 1"],
    }
    done = run(directory, *[line for lines in corners.values() for line in (*lines, "wait 900", "status")])
    assert done.errors == ""
    free = {name: said(f"in {name}", status) for name, status in zip(corners, done.named("status"), strict=True)}
    assert min(free.values()) >= FREE_MIN
    assert "self-test" in done.screens()


@pytest.mark.parametrize("heap", ["46wk", "50wk"])
def test_a_smaller_heap_still_syncs_and_asks(tmp_path, heap):
    directory = make_device(tmp_path / "device", ca_der=b"\x30")
    done = run(directory, *["sync", "status"] * 5, *answers(1, 2, 3, 4, 5), quiet=True, heap=heap)
    assert done.errors == ""
    assert len(done.named("thanked")) == 1
