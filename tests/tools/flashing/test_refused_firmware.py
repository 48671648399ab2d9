"""Firmware that cannot be used, given to the command line itself: refused before the first write, each in its words."""

import json
import subprocess
import sys
from hashlib import sha256

import pytest

from tests.parts import ROOT
from tests.tools.flashing.rehearsal import content, identity, port, provision
from tests.tools.flashing.synthetic import firmware
from tools.flashing.errors import FIRMWARE_REFUSED
from tools.flashing.firmware_lock import add_pin, pin_for

APPLICATION = 0xF000  # in the file
FACTORY_BYTES = 0x1F0000  # of a device with 4 MB
WORDS = {
    "corrupt-bootloader": "is corrupt: its bootloader fails its own check",
    "corrupt": "is corrupt: its application fails its own check",
    "truncated": "is cut short: its application goes on behind the end",
    "wrong-chip": "is for esp32s3, the devices are esp32",
    "oversized": "is too large",
    "unpinned": "is not pinned",
    "changed": "is not what was pinned",
    "too-old": "is MicroPython 1.25.0; the application needs",
    "other-file": "is no ESP32 image",
}
BY_HAND = ("too-old", "corrupt", "corrupt-bootloader", "truncated", "wrong-chip", "other-file")


def made(fault, whole):
    """The bytes of the file."""
    if fault == "corrupt-bootloader":
        return whole[:100] + bytes([whole[100] ^ 0x10]) + whole[101:]
    if fault == "corrupt":
        at = APPLICATION + 5000
        return whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
    return {
        "truncated": whole[:-64],
        "wrong-chip": whole[:12] + b"\x09" + whole[13:],
        "oversized": firmware(filler=FACTORY_BYTES),
        "unpinned": whole + b"\xff",
        "changed": whole + b"\xff\xff",
        "too-old": firmware("1.25.0"),
        "other-file": b"\x7fELF" + bytes(5000),
    }[fault]


@pytest.fixture
def bad_kit(kit_file, tmp_path):
    """`bad_kit(fault)` is (kit, lock): what is too large or too old is pinned, as somebody might have done."""

    def make(fault):
        data = made(fault, kit_file.with_name("micropython.bin").read_bytes())
        file, lock = tmp_path / f"{fault}.bin", tmp_path / "firmware.lock.toml"
        file.write_bytes(data)
        lock.write_text(kit_file.with_name("firmware.lock.toml").read_text())
        named = str(file)
        if fault == "oversized":
            add_pin(pin_for(data, "large", ""), lock)
        if fault == "changed":  # pinned under a name, kept in the bench's folder, and other bytes by now
            pin = next(line for line in lock.read_text().splitlines() if line.startswith("sha256"))
            folder = tmp_path / "bench/firmware"
            folder.mkdir(parents=True)
            (folder / f"{pin.split(chr(34))[1]}.bin").write_bytes(data)
            named = "test"
        if fault in BY_HAND:
            pin_by_hand(lock, data)
        kit = kit_file.with_name(f"{fault}.toml")
        kit.write_text(kit_file.read_text().replace('"micropython.bin"', json.dumps(named)))
        return kit, lock

    return make


def pin_by_hand(lock, data):
    """Past the checks of `firmware --pin`: the lock is a text file."""
    fields = {"name": "by hand", "chip": "esp32", "version": "1.26.1", "url": "", "sha256": sha256(data).hexdigest()}
    entry = "".join(f"{name} = {json.dumps(value)}\n" for name, value in {**fields, "size": len(data)}.items())
    lock.write_text(f"{lock.read_text()}\n[[image]]\n{entry}")


def flash_py(*arguments):
    """(exit code, lines of JSON) of the program itself."""
    command = [sys.executable, str(ROOT / "tools/flash.py"), *map(str, arguments), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in run.stderr, run.stderr
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


def assert_refused(fault, code, lines):
    refused = [line for line in lines if line["event"] == "failed"]
    assert [line["code"] for line in refused] == [FIRMWARE_REFUSED], lines
    assert code in (FIRMWARE_REFUSED, 1)
    assert [name for name, words in WORDS.items() if words in refused[0]["reason"]] == [fault]


@pytest.mark.parametrize("fault", WORDS)
def test_it_is_refused_before_the_first_write(devices, bad_kit, ledger, tmp_path, fault):
    """A device with answers on it and a new one, by `flash`, `migrate` and `bulk`: no byte of either changes."""
    folder = tmp_path / "devices"
    before = {"used": provision(folder, "used", identity(1), responses=5), "new": b"\xff" * (4 << 20)}
    devices(used={"mac": 1}, new={"mac": 2})
    ports = {name: port(folder, name) for name in before}
    kit, lock = bad_kit(fault)
    shared = ["--kit", kit, "--lock", lock, "--bench", tmp_path / "bench", "--before", "no-reset"]
    assert_refused(fault, *flash_py("flash", "--port", ports["used"], *shared))
    assert_refused(fault, *flash_py("migrate", "--port", ports["new"], *shared))
    (tmp_path / "bench.csv").write_text(f"serial,port\nPET-0002,{ports['new']}\n")
    assert_refused(fault, *flash_py("bulk", "--csv", tmp_path / "bench.csv", *shared))
    assert {name: content(folder, name) == flash for name, flash in before.items()} == {"used": True, "new": True}
    assert not ledger.unfinished()


def test_what_is_too_large_for_4_mb_fits_8(devices, bad_kit, tmp_path):
    folder = devices(large={"mac": 1, "megabytes": 8})
    kit, lock = bad_kit("oversized")
    shared = ["--kit", kit, "--lock", lock, "--bench", tmp_path / "bench", "--before", "no-reset"]
    code, lines = flash_py("flash", "--port", port(folder, "large"), "--dry-run", *shared)
    assert (code, lines[0]["flash_mb"]) == (0, 8)
