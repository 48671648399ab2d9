"""What the tests of flashing share: a kit as an operator would write it, and a bench of devices without hardware."""

import json
import os

import pytest

from server.demo.certificates import make_certificates
from server.demo.device import HEAP, SimulatedDevice
from server.demo.story import pet_time
from tests.parts import need
from tests.tools.flashing.rehearsal import WIFI_PASSWORD, mock_bench
from tests.tools.flashing.synthetic import firmware
from tests.tools.flashing.test_vfs_image import MOUNTED
from tools.flashing.bench import Bench
from tools.flashing.command_line import main
from tools.flashing.connecting import Link
from tools.flashing.firmware_lock import add_pin, pin_for, pinned_image
from tools.flashing.kit import read_kit
from tools.flashing.ledger import Ledger
from tools.release import main as release

KIT = """
micropython = "micropython.bin"

[application]
keys = "release-key.pub"
release = "pet-12.pet"

[broker]
host = "broker.example"
address = "127.0.0.1"

[network]
wifi = "wifi.toml"
ca = ["authority.pem"]
"""


@pytest.fixture(scope="session")
def kit_file(tmp_path_factory):
    """A folder with everything that the kit in it names; the firmware is pinned in `firmware.lock.toml` beside it."""
    folder = tmp_path_factory.mktemp("kit")
    make_certificates(folder)
    assert release(["key", str(folder / "release-key")]) == 0
    archive, key = str(folder / "pet-12.pet"), str(folder / "release-key")
    assert release(["build", "--version", "12", "--key", key, archive]) == 0
    (folder / "wifi.toml").write_text(f'[[network]]\nssid = "Ward"\npassword = "{WIFI_PASSWORD}"\n')
    (folder / "micropython.bin").write_bytes(firmware())
    (folder / "firmware.lock.toml").write_text("# Pinned for tests.\n")
    add_pin(pin_for(firmware(), "test", "micropython.bin"), folder / "firmware.lock.toml")
    (folder / "kit.toml").write_text(KIT)
    return folder / "kit.toml"


@pytest.fixture(scope="session")
def kit(kit_file):
    return read_kit(kit_file)


@pytest.fixture(scope="session")
def micropython_image(kit, kit_file):
    return pinned_image(kit.micropython, Bench(kit_file.parent / "bench"), kit_file.parent / "firmware.lock.toml")


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "bench")


@pytest.fixture
def ledger(bench):
    return Ledger(bench.ledger)


@pytest.fixture(scope="session")
def link():
    """Pseudo terminals have no line that resets a chip."""
    return Link(before="no-reset")


@pytest.fixture
def devices(tmp_path):
    """`devices(NAME={...}, ...)` plugs devices in, and returns the folder of their ports and flashes."""
    with mock_bench(tmp_path / "devices") as plug_in:
        yield plug_in


@pytest.fixture
def say(kit_file, tmp_path, capsys):
    """`say("flash", "--port", ...)` is (exit code, lines of JSON)."""

    def run(command, *arguments, link=True, kit=kit_file):
        shared = ["--bench", tmp_path / "bench"] if command not in ("read-journal", "selftest", "list") else []
        shared += ["--before", "no-reset"] if link else []
        if command in ("flash", "migrate", "bulk", "resume", "verify", "web-manifest"):
            shared += ["--kit", kit, "--lock", kit_file.with_name("firmware.lock.toml")]
        code = main([command, *map(str, arguments), *map(str, shared), "--json"])
        told = capsys.readouterr()
        run.said += told.out + told.err
        return code, [json.loads(line) for line in told.out.splitlines()]

    run.said = ""
    return run


@pytest.fixture
def started(monkeypatch, ward):
    """Starts the application in a device's folder from the image there, as /main.py on a chip would."""

    def command(directory, *options):
        return [str(need("micropython")), "-X", f"heapsize={HEAP}", str(MOUNTED), "run", str(directory), *options]

    monkeypatch.setattr("server.demo.device.micropython_command", command)
    environment = {**os.environ, "MICROPYPATH": ".frozen"}
    return lambda directory: SimulatedDevice(directory, environment, "--virtual", str(pet_time(ward.now)), "--quiet")
