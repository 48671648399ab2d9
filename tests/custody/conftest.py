"""The whole line with real parts, and devices on it that run the real firmware."""

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.device import SimulatedDevice
from server.demo.line import Line
from server.demo.ports import free_port
from server.demo.story import Posting, first_screens, pet_time, read_story, utc_now
from server.demo.trust import add_device, set_up_trust
from server.fleet.tables import Device
from server.ingest.tables import Quarantine, Response, RollupResponseDay
from tests.parts import need

LANGUAGES = 7  # of the demo's questionnaires


class Ward:
    """A running line with its organisation; `device` adds one."""

    def __init__(self, line):
        self.line = line
        self.now = utc_now()
        self.trust = set_up_trust(line, read_story(), self.now)
        self._serials = iter(f"CUSTODY-{number}" for number in range(1000))

    def directory(self):
        """A provisioned and placed device, as the folder that is its flash."""
        serial = next(self._serials)
        posting = Posting(serial, "beds", "stroke-ward", "", "beds", 0)
        directory = self.line.devices / serial
        add_device(self.line, self.trust, posting, directory, self.now - timedelta(days=1))
        self.line.follow_database()
        return directory

    def start(self, directory):
        return SimulatedDevice(directory, self.line.application, "--virtual", str(pet_time(self.now)), "--quiet")

    def device_id(self, directory):
        with Session(self.line.engine) as session:
            return session.scalar(select(Device.device_id).where(Device.serial == directory.name))

    def sequences(self, directory):
        """The sequences of the responses stored for this device, in order, once for each row."""
        return self._column(Response.sequence, Response, directory)

    def quarantined(self, directory):
        """The reasons of what is in quarantine for this device."""
        return self._column(Quarantine.reason, Quarantine, directory)

    def counted(self, directory):
        """The responses that the rollups count for this device."""
        return sum(self._column(RollupResponseDay.complete, RollupResponseDay, directory))

    def _column(self, column, table, directory):
        device_id = self.device_id(directory)
        with Session(self.line.engine) as session:
            return list(session.scalars(select(column).where(table.device_id == device_id).order_by(column)))


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    need("mosquitto")
    need("micropython")
    directory = tmp_path_factory.mktemp("custody")
    with Line(directory / "line", web_port=free_port()) as line:
        yield Ward(line)
    shutil.rmtree(directory, ignore_errors=True)


def press(device, passes, option=1):
    """So many whole passes, every question answered with the same option."""
    before = device.completed
    for _ in range(passes):
        answers = [line for _ in range(5) for line in ("wait 2000", f"answer {option}")]
        device.send(*first_screens(LANGUAGES), *answers, "wait 7000")
    device.send("status")
    device.expect("status")
    assert device.completed == before + passes
