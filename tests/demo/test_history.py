"""The demo's history is pressed on every device, also when an earlier run was stopped on its way."""

import dataclasses
import os
import shlex
import stat
import subprocess
import sys

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.child import StartError
from server.demo.device import SimulatedDevice
from server.demo.holdings import hand_out
from server.demo.line import Line
from server.demo.ports import free_port
from server.demo.run import press_history
from server.demo.story import history, pet_time, read_story, utc_now
from server.demo.trust import add_device, set_up_trust
from server.fleet.tables import Device
from server.ingest.tables import ANSWERED_BY_CLOCK, Response
from tests.parts import ROOT, need

WEEKS = 2
ENROLLED, HALF_PRESSED, WITHOUT_IDENTITY, UNTOUCHED = range(4)


@pytest.fixture
def line(tmp_path):
    need("mosquitto")
    need("micropython")
    with Line(tmp_path / "line", web_port=free_port()) as line:
        yield line


def short_story():
    story = read_story()
    story.fields["weeks"] = WEEKS
    return dataclasses.replace(story, postings=[each for each in story.postings if each.from_week == 0][:4])


def stored(line, serial):
    """How the instant of each response of this device was found."""
    with Session(line.engine) as session:
        of_device = Response.device_id.in_(select(Device.device_id).where(Device.serial == serial))
        return list(session.scalars(select(Response.answered_by).where(of_device)))


def test_a_second_run_presses_what_the_first_one_has_not(line):
    story, now = short_story(), utc_now()
    trust = set_up_trust(line, story, now)
    folders = [line.devices / posting.serial for posting in story.postings]
    for number in (ENROLLED, HALF_PRESSED, WITHOUT_IDENTITY):
        add_device(line, trust, story.postings[number], folders[number], story.starts_at(now))
    line.follow_database()
    (folders[WITHOUT_IDENTITY] / "pet_id.bin").unlink()  # as when the run ended right after the commit
    half = story.postings[HALF_PRESSED]
    script = history(story, half, trust.shapes[half.questionnaire], now)
    virtual = ("--virtual", str(pet_time(story.starts_at(now))), "--quiet")
    device = SimulatedDevice(folders[HALF_PRESSED], line.application, *virtual)
    device.send(*script[: len(script) // 2])
    device.close()

    press_history(line, trust, story, now)
    few = WEEKS * (story.fields["responses_a_week"] - 3 - 1)  # the least of a story's week; two may share a minute
    many = WEEKS * (story.fields["responses_a_week"] + 3)
    for posting in story.postings:
        found = stored(line, posting.serial)
        assert few <= len(found) <= many, posting.serial
        assert set(found) == {ANSWERED_BY_CLOCK}


def test_the_commands_reach_the_demo_and_show_no_device_behind(line):
    story, now = short_story(), utc_now()
    story = dataclasses.replace(story, postings=story.postings[:1])
    hand_out(line, trust := set_up_trust(line, story, now), story, now)
    press_history(line, trust, story, now)
    assert stat.S_IMODE(line.environment_file.stat().st_mode) == 0o600
    shell = f"set -a; . {shlex.quote(str(line.environment_file))}; exec {sys.executable} -m server.main fleet"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PET_")}
    said = subprocess.run(["sh", "-c", shell], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout
    assert said.count("\n") == 1
    assert said.endswith(": holds what it should\n")


def test_data_of_an_earlier_version_are_refused_before_anything_starts(tmp_path):
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker/device-passwords").touch()
    with pytest.raises(StartError, match=r"earlier version of PET.*make clean"), Line(tmp_path):
        pass
    assert not (tmp_path / "postgres").exists()
