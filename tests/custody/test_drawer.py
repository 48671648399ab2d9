"""A device that lay in a drawer while authority and certificates were renewed, as `pet ca` does: the real firmware.

MicroPython here verifies at this machine's time. That the device's own clock would do as well is held against the
dates of the certificate that it is shown: it stands at the last server time it heard, or at its build time.
"""

import json
import shutil
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from firmware.clock import SERVER_TIME_COUNTER
from firmware.version import BUILD_TIME
from protocol.instants import from_unix
from server.authority import folder
from server.authority.certificates import read_certificate
from server.demo.device import SimulatedDevice
from tests.custody.conftest import press

HOSTS = ("localhost", "127.0.0.1")
STRANGER = "server certificate not signed by our CA"


class Authority:
    """`pet ca` on the line's broker: what the broker shows, and what the server believes."""

    def __init__(self, line, directory):
        self.line, self.directory, self.out = line, directory / "ca", directory / "out"
        folder.begin(self.directory, "PET authority", datetime.now(UTC))
        folder.issue(self.directory, HOSTS, self.out, datetime.now(UTC))
        self.next()
        self.install()

    def next(self):
        folder.begin_next(self.directory, datetime.now(UTC))

    def renew(self):
        """As sixty days before its end."""
        folder.issue(self.directory, HOSTS, self.out, datetime.now(UTC))
        self.install()

    def switch(self):
        shutil.rmtree(folder.switch(self.directory, datetime.now(UTC)))
        assert folder.renew(self.directory, self.out, datetime.now(UTC))
        self.install()

    def install(self):
        """As docs/operations.md has it: both files to the broker, the bundle to ingest, and both started again."""
        files = self.line.broker.certificates
        files.authority_pem.write_bytes(folder.believed(self.directory))
        shutil.copy(self.out / "server.pem", files.server_pem)
        shutil.copy(self.out / "server.key", files.server_key)
        self.line.broker.stop()
        self.line.broker.start()
        self.line.restart_server()

    def known(self):
        """As a device's settings hold them: the current authority and the next."""
        return [b64encode((self.directory / f"{role}.der").read_bytes()).decode() for role in ("ca", "next")]

    def shown_between(self):
        """The first and the last second of what the broker shows, in PET time."""
        shown = read_certificate(self.out / "server.pem")
        dates = shown.not_valid_before_utc, shown.not_valid_after_utc
        return [from_unix(int(date.timestamp())) for date in dates]


@pytest.fixture
def authority(ward, tmp_path):
    return Authority(ward.line, tmp_path)


def provisioned(ward, authority):
    """A device's folder; it knows the authorities of today."""
    directory = ward.directory()
    file = directory / "vfs/settings.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"ca": authority.known()}))
    return directory


def test_a_device_from_a_drawer_after_one_renewal_connects_and_after_two_it_is_told_why_not(ward, authority):
    directories = {name: provisioned(ward, authority) for name in ("used", "flat", "new")}
    for name in ("used", "flat"):
        device = ward.start(directories[name])
        press(device, 2)
        assert device.sync()["error"] is None
        press(device, 3)
        device.close()
    (directories["flat"] / "retained.bin").unlink()  # its battery ran empty: the clock is lost

    authority.renew()
    authority.switch()
    begins, ends = authority.shown_between()
    heard = json.loads((directories["flat"] / "counters.json").read_text())[SERVER_TIME_COUNTER]
    assert begins <= BUILD_TIME < ends, "a device that never heard a server would refuse this one"
    assert begins <= heard < ends
    for name, delivered in (("used", 3), ("flat", 3), ("new", 0)):
        device = out_of_the_drawer(ward, directories[name])
        assert device.sync() == {"event": "synced", "delivered": delivered, "waiting": 0, "error": None}, name
        device.close()
    assert ward.sequences(directories["used"]) == ward.sequences(directories["flat"]) == [1, 2, 3, 4, 5]

    away = directories["used"]
    device = ward.start(away)
    press(device, 1)
    device.close()
    authority.next()
    authority.switch()
    device = out_of_the_drawer(ward, away)
    assert device.sync() == {"event": "synced", "delivered": 0, "waiting": 1, "error": STRANGER}
    device.close()
    fields = json.loads((away / "vfs/settings.json").read_text())
    authority.next()
    (away / "vfs/settings.json").write_text(json.dumps(fields | {"ca": authority.known()}))  # by cable
    device = out_of_the_drawer(ward, away)
    assert device.sync()["delivered"] == 1
    device.close()


def out_of_the_drawer(ward, directory):
    """Switched on again: nobody tells it the time."""
    return SimulatedDevice(directory, ward.line.application, "--quiet")
