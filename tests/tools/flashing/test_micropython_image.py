"""MicroPython images, whole and with each fault: refused before anything is written, each in its own words."""

from hashlib import sha256

import pytest

from tests.parts import ROOT
from tests.tools.flashing.synthetic import firmware
from tools.flashing.errors import FirmwareError
from tools.flashing.micropython_image import check_fits, check_image, check_version
from tools.flashing.partitions import FACTORY, MIB, layout_for

IMAGE = firmware()
APPLICATION = 0xF000  # in the file
REAL = ROOT / ".venv/rehearsal/thonnycontrib/thonny_etboard_firmware/etboard/firmware"


def damaged(at):
    data = bytearray(IMAGE)
    data[at] ^= 0x10
    return bytes(data)


def for_chip(number):
    data = bytearray(IMAGE)
    data[12] = number
    return bytes(data)


def test_a_whole_image_is_taken_apart():
    image = check_image(IMAGE + b"\xff" * 4096)
    assert image.version == "1.26.1"
    assert image.sha256 == sha256(IMAGE + b"\xff" * 4096).hexdigest()
    assert IMAGE.startswith(image.bootloader)
    assert IMAGE[APPLICATION:] == image.application
    check_version(image)
    check_fits(image, layout_for(4 * MIB)[FACTORY].size)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no ESP32 image"),
        (b"\x7fELF" + bytes(5000), "no ESP32 image"),
        (IMAGE[:20], "cut short"),
        (IMAGE[:-100], "cut short: its application goes on"),
        (IMAGE[:APPLICATION], "cut short: its application"),
        (damaged(100), "corrupt: its bootloader fails its own check"),
        (damaged(APPLICATION + 5000), "corrupt: its application fails its own check"),
        (damaged(len(IMAGE) - 1), "corrupt: its application fails its own check"),
        (damaged(APPLICATION), "corrupt: there is no application"),
        (IMAGE[:APPLICATION] + b"\xff" * 9000, "corrupt: there is no application"),
        (for_chip(9), "for esp32s3, the devices are esp32"),
        (for_chip(99), "for an unknown chip"),
    ],
)
def test_each_fault_is_refused_in_its_own_words(data, words):
    with pytest.raises(FirmwareError, match=words):
        check_image(data)


def test_one_that_is_too_large_or_too_old_is_refused():
    with pytest.raises(FirmwareError, match="too large"):
        check_fits(check_image(firmware(filler=1000)), 2000)
    for version in ("1.25.0", "1.30.0", "2.0.1"):
        with pytest.raises(FirmwareError, match=f"MicroPython {version}; the application needs 1.26 to 1.29"):
            check_version(check_image(firmware(version)))
    with pytest.raises(FirmwareError, match="does not say its version"):
        check_image(firmware("unknown"))


def test_the_bootloader_is_told_the_size_of_the_flash():
    image = check_image(IMAGE)
    for flash_bytes, code in ((4 * MIB, 2), (8 * MIB, 3), (16 * MIB, 4)):
        bootloader = image.bootloader_for(flash_bytes)
        assert bootloader[3] >> 4 == code
        check_image(bootloader + IMAGE[len(bootloader) :])  # its digest is right again


@pytest.mark.parametrize(
    ("name", "version", "digest"),
    [
        ("0608", "1.15", "55d0263da512cf300749ee8481aea8b83081914658c6eb2e1b22226cc6c5b741"),
        ("0831", "1.16", "7bbc04812073fde44a4c524e91fdd1675e22d884f5cf22263f05da90cacae15c"),
    ],
)
def test_real_builds_are_read_and_their_age_is_seen(name, version, digest):
    data = (REAL / f"etboard_firmware_micropython_custom_{name}_last.bin").read_bytes()
    image = check_image(data)
    assert (image.version, image.sha256) == (version, digest)
    assert image.bootloader_for(4 * MIB) == image.bootloader
    check_fits(image, layout_for(4 * MIB)[FACTORY].size)
    with pytest.raises(FirmwareError, match=f"MicroPython {version}; the application needs"):
        check_version(image)
    with pytest.raises(FirmwareError, match="cut short"):
        check_image(data[:-2000] if data[-1] != 0xFF else data[:700000])
    corrupt = bytearray(data)
    corrupt[500000] ^= 1
    with pytest.raises(FirmwareError, match="corrupt"):
        check_image(bytes(corrupt))
