"""A MicroPython image of a few KB that passes every check a real one does, and ones with each fault."""

import tempfile
from pathlib import Path

from esp_idf_defs import AppDescription
from esptool.bin_image import ESP32FirmwareImage, ImageSegment

BANNER = b"MicroPython v%s on 2026-01-15; Generic ESP32 module with ESP32\0"
DROM = 0x3F400020
IRAM = 0x40080000


def firmware(version="1.26.1", filler=20000):
    """The bytes of a .bin file."""
    description = AppDescription("micropython", "", "v5.4.2", 0, bytes(32), "12:00:00", "Jan 15 2026").to_bytes()
    banner = BANNER % version.encode()
    noise = bytes((index * 7919 + index // 251) & 0xFF for index in range(filler))
    bootloader = _image([(IRAM, b"bootloader".ljust(4000, b"\x5a"))])
    application = _image([(DROM, description + banner + noise), (IRAM, b"application".ljust(3000, b"\xa5"))])
    return bootloader.ljust(0x7000, b"\xff") + b"\xff" * 0x8000 + application


def _image(segments):
    image = ESP32FirmwareImage()
    image.append_digest = True
    image.entrypoint = IRAM
    for address, data in segments:
        segment = ImageSegment(address, data.ljust(-(-len(data) // 4) * 4, b"\0"))
        segment.name = ""
        image.segments.append(segment)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.bin"
        image.save(str(path))
        return path.read_bytes()
