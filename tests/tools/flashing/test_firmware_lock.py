"""The lock: what is pinned is used, and nothing else."""

import pytest

from tests.tools.flashing.synthetic import firmware
from tools.flashing.bench import Bench
from tools.flashing.command_line import main
from tools.flashing.errors import DONE, FirmwareError, InputError
from tools.flashing.firmware_lock import LOCK, Pin, add_pin, pin_for, pinned_image, read_lock
from tools.flashing.kit import read_kit

IMAGE = firmware()


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "firmware.lock.toml"
    path.write_text("# empty\n")
    return path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "micropython.bin"
    path.write_bytes(IMAGE)
    return path


def test_the_projects_own_lock_can_be_read():
    assert all(len(pin.sha256) == 64 for pin in read_lock(LOCK))


def test_what_is_not_pinned_is_refused_unless_that_is_said(lock, file, bench):
    with pytest.raises(FirmwareError, match="is not pinned"):
        pinned_image(str(file), bench, lock)
    assert pinned_image(str(file), bench, lock, allow_unpinned=True).version == "1.26.1"
    add_pin(pin_for(IMAGE, "good", str(file)), lock)
    assert pinned_image(str(file), bench, lock).version == "1.26.1"


def test_a_pinned_name_is_kept_and_found_without_its_file(lock, bench):
    add_pin(pin_for(IMAGE, "good", "https://firmware.example/good.bin"), lock)
    pin = read_lock(lock)[0]
    (bench.firmware / f"{pin.sha256}.bin").write_bytes(IMAGE)
    assert pinned_image("good", bench, lock).sha256 == pin.sha256


def test_what_was_pinned_from_a_file_is_found_by_its_name_without_the_file(lock, file, tmp_path, kit_file):
    """In a kit, too, which names it as docs/flashing.md does."""
    shared = ("--bench", str(tmp_path / "bench"), "--lock", str(lock), "--json")
    assert main(["firmware", str(file), "--pin", "--name", "good", *shared]) == DONE
    file.unlink()
    kit = tmp_path / "kit.toml"
    kit.write_text(kit_file.read_text().replace('"micropython.bin"', '"good"'))
    for name in ("release-key.pub", "pet-12.pet", "wifi.toml", "authority.pem"):
        (tmp_path / name).write_bytes((kit_file.parent / name).read_bytes())
    found = read_kit(kit).micropython
    assert pinned_image(found, Bench(tmp_path / "bench"), lock).version == "1.26.1"
    with pytest.raises(InputError, match="on another bench"):
        pinned_image(found, Bench(tmp_path / "elsewhere"), lock)


def test_what_changed_since_it_was_pinned_is_refused(lock, bench):
    add_pin(pin_for(IMAGE, "good", "https://firmware.example/good.bin"), lock)
    (bench.firmware / f"{read_lock(lock)[0].sha256}.bin").write_bytes(IMAGE[:-1] + b"\0")
    with pytest.raises(FirmwareError, match="is not what was pinned"):
        pinned_image("good", bench, lock)


def test_the_fault_of_an_unpinned_image_is_said_first(lock, bench, tmp_path):
    (tmp_path / "short.bin").write_bytes(IMAGE[:-10])
    with pytest.raises(FirmwareError, match="cut short"):
        pinned_image(str(tmp_path / "short.bin"), bench, lock)


def test_what_is_nowhere_is_said(lock, bench, tmp_path):
    with pytest.raises(InputError, match="Name a file"):
        pinned_image(str(tmp_path / "nothing.bin"), bench, lock)
    add_pin(Pin("filed", "esp32", "1.26.1", "", "0" * 64, 5), lock)
    with pytest.raises(InputError, match="pinned from a file"):
        pinned_image("filed", bench, lock)
    with pytest.raises(InputError, match="already"):
        add_pin(Pin("filed", "esp32", "1.26.1", "", "1" * 64, 5), lock)
    lock.write_text("[[image]]\nname = 1\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_lock(lock)
