"""The rehearsal in one piece: from a blank chip and a one-use token to a press that the interface tells of.

Real: flash.py and esptool, `pet web` with its API behind TLS, PostgreSQL, ingest, Mosquitto with the accounts that
ingest makes there, MicroPython, the starter and the application in the image. A mock: the chip's bootloader.
"""

import pytest

from protocol.identity import decode_identity
from server.demo.line import Line
from server.demo.ports import free_port
from tests.custody.conftest import press
from tests.parts import need
from tests.server.ingest.wire import wait_until
from tests.tools.flashing.bench_line import bench_line
from tests.tools.flashing.rehearsal import area, content, wait_for
from tools.flashing.connecting import with_device
from tools.flashing.partitions import IDENTITY, JOURNAL, VFS, layout_for
from tools.release import version_text

MAC = "24:0A:C4:00:00:01"
SERIAL = "PET-0042"


@pytest.fixture
def real(tmp_path):
    need("mosquitto")
    need("micropython")
    with Line(tmp_path / "line", web_port=free_port()) as line, bench_line(line, tmp_path / "operator") as running:
        yield running


@pytest.fixture
def ward(real):
    return real.ward


def read_back(port, link, folder):
    """What the chip has in its flash, read from it over the cable, as the files that MicroPython here takes it from."""
    folder.mkdir()
    layout = layout_for(4 << 20)

    def read(device):
        for label, name in ((VFS, "vfs.img"), (IDENTITY, "pet_id.bin"), (JOURNAL, "journal.nor")):
            (folder / name).write_bytes(device.read(layout[label].offset, layout[label].size))

    with_device(str(port), link, read)


def test_from_a_blank_chip_and_a_token_to_a_press_in_the_interface(real, started, devices, link, tmp_path):
    real.write_kit()
    (token,) = real.tokens(1)
    folder = devices(one={"mac": 1})
    port = folder / "one.port"
    wait_for(port)
    shared = ("--port", port, "--before", "no-reset")
    kit = ("--lock", "lock.toml")
    done = real.say("flash", *shared, *kit, "--serial", SERIAL, *real.enrolling)
    assert (done[-1]["event"], done[-1]["serial"]) == ("done", SERIAL)
    assert all(line["same"] for line in real.say("verify", *shared, *kit))
    assert all(line["good"] for line in real.say("selftest", *shared))
    refused = real.say("provision", *shared, "--serial", SERIAL, *real.enrolling, code=8)
    assert "was used" in refused[-1]["reason"]  # the token is good once

    read_back(port, link, tmp_path / "run")
    assert (tmp_path / "run/vfs.img").read_bytes() == area(content(folder, "one"), VFS)
    who = decode_identity((tmp_path / "run/pet_id.bin").read_bytes())
    name = f"{who.device_id:08x}"
    row = real.get(f"/api/v1/devices/{name}")["device"]
    assert (row["serial"], row["mac"], row["key_epoch"], row["heard_at"]) == (SERIAL, MAC, 1, None)
    assert token not in str(row)

    from_at = "2026-01-01T00:00:00Z"
    at = ("--team", "stroke-ward", "--location", "stroke-ward", "--from", from_at)
    real.pet("device", "place", "--device", SERIAL, *at)
    wait_until(lambda: "1 devices let in" in real.line.ingest.log_file.read_text(), "the broker's account, by ingest")
    device = started(tmp_path / "run")
    press(device, 1, option=2)
    synced = device.sync()
    device.close()
    assert (synced["error"], synced["delivered"], synced["waiting"]) == (None, 1, 0)

    row = real.get(f"/api/v1/devices/{name}")["device"]
    assert row["heard_at"]
    assert (row["waiting"], row["team"], row["alerts"]) == (0, "stroke-ward", [])
    assert row["status"]["application"] == version_text()
    (response,) = real.get("/api/v1/responses", team="stroke-ward")["data"]
    assert (response["device"], response["team"], response["partial"]) == (name, "stroke-ward", False)
    assert len(response["answers"]) == 5
    assert all(each.partition("=")[2] for each in response["answers"])
