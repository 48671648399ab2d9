"""Looks into a MicroPython image before any of it is written: is it whole, for this chip, new enough, and does it fit?

A file is what lies on the flash from 0x1000 on: bootloader, partition table (which is not used: a device has its own),
and the application at 0x10000.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from struct import unpack_from

from esp_idf_defs import ImageMetadata

from tools.flashing.errors import FirmwareError
from tools.flashing.partitions import BOOTLOADER_OFFSET, MIB, TABLE_OFFSET

CHIP = "esp32"
# Of the chips that MicroPython is made for; the number stands in every image (esp_chip_id_t).
CHIP_IDS = {0: "esp32", 2: "esp32s2", 5: "esp32c3", 9: "esp32s3", 12: "esp32c2", 13: "esp32c6", 16: "esp32h2"}
CHIP_IDS |= {18: "esp32p4", 23: "esp32c5"}
APPLICATION_OFFSET = 0x10000
MAGIC = 0xE9
HEADER_BYTES = 24
SEGMENT_HEAD_BYTES = 8
SEGMENTS_MAX = 16
CHECKSUM_ALIGNMENT = 16
DIGEST_BYTES = 32
FLASH_SIZE_CODES = {4 * MIB: 2, 8 * MIB: 3, 16 * MIB: 4}  # upper half of the header's fourth byte
BANNER = rb"v(\d+\.\d+(?:\.\d+)?)[-.\w]* on 20\d\d-\d\d-\d\d"
VERSION_MIN = (1, 26)  # the application is held against 1.26 to 1.29 (tests/test_stock_micropython.py)
VERSION_MAX = (1, 29)


@dataclass(frozen=True)
class MicroPythonImage:
    """`bootloader` and `application` as they are written; `version` as "1.26.1"."""

    bootloader: bytes
    application: bytes
    version: str
    sha256: str

    def bootloader_for(self, flash_bytes: int) -> bytes:
        """The bootloader, told how much flash there is: it refuses partitions beyond what it knows of."""
        data = bytearray(self.bootloader)
        data[3] = FLASH_SIZE_CODES[flash_bytes] << 4 | data[3] & 0x0F
        return bytes(data[:-DIGEST_BYTES]) + sha256(data[:-DIGEST_BYTES]).digest()


def check_image(data: bytes) -> MicroPythonImage:
    """The parts of a MicroPython file for our chip. Raises FirmwareError, saying which way it cannot be used."""
    if not data or data[0] != MAGIC:
        raise FirmwareError("this is no ESP32 image (it does not begin with E9): name MicroPython's .bin file.")
    if len(data) < HEADER_BYTES:
        raise FirmwareError(f"the image is cut short: it has {len(data)} bytes. Fetch it again.")
    chip = CHIP_IDS.get(unpack_from("<H", data, 12)[0], "an unknown chip")
    if chip != CHIP:
        raise FirmwareError(f"the image is for {chip}, the devices are {CHIP}: take the file for ESP32_GENERIC.")
    bootloader = _part(data, 0, TABLE_OFFSET - BOOTLOADER_OFFSET, "bootloader")
    application = _part(data, APPLICATION_OFFSET - BOOTLOADER_OFFSET, len(data), "application")
    return MicroPythonImage(bootloader, application, _version(application), sha256(data).hexdigest())


def check_fits(image: MicroPythonImage, room: int) -> None:
    """Whether the application fits into so many bytes. Raises FirmwareError."""
    if len(image.application) > room:
        raise FirmwareError(
            f"MicroPython {image.version} is too large: {len(image.application)} bytes, and the device has room for "
            f"{room}. Take a smaller build, or a device with more flash."
        )


def check_version(image: MicroPythonImage) -> None:
    """Whether the application runs on this MicroPython. Raises FirmwareError."""
    major, minor = (int(number) for number in image.version.split(".")[:2])
    if not VERSION_MIN <= (major, minor) <= VERSION_MAX:
        raise FirmwareError(f"this is MicroPython {image.version}; the application needs 1.26 to 1.29.")


def _part(data: bytes, start: int, limit: int, name: str) -> bytes:
    """One of the two images in a file: proven whole, without what lies behind it."""
    part = data[start:limit]
    length = _length(part, name, is_last=limit >= len(data))
    try:
        ImageMetadata.from_bytes(part[:length])
    except (ValueError, IndexError) as wrong:
        raise FirmwareError(
            f"the image is corrupt: its {name} fails its own check ({wrong}). Fetch it again."
        ) from None
    return part[:length]


def measured(read: Callable[[int, int], bytes]) -> int:
    """Bytes of the image, with checksum and digest, that `read(offset, size)` reads from; 0 when it begins as none."""
    header = read(0, HEADER_BYTES)
    if len(header) < HEADER_BYTES or header[0] != MAGIC or not 0 < header[1] <= SEGMENTS_MAX or header[23] != 1:
        return 0
    at = HEADER_BYTES
    for _ in range(header[1]):
        head = read(at, SEGMENT_HEAD_BYTES)
        if len(head) == SEGMENT_HEAD_BYTES:  # else it is cut short, and longer than what there is already
            at += int(unpack_from("<I", head, 4)[0])
        at += SEGMENT_HEAD_BYTES
    return at + CHECKSUM_ALIGNMENT - at % CHECKSUM_ALIGNMENT + DIGEST_BYTES


def _length(part: bytes, name: str, *, is_last: bool) -> int:
    cut = f"the image is cut short: its {name} goes on behind the end of the file. Fetch it again."
    if len(part) < HEADER_BYTES:
        raise FirmwareError(cut)
    length = measured(lambda offset, size: part[offset : offset + size])
    if not length:
        raise FirmwareError(f"the image is corrupt: there is no {name} where it should be. Fetch it again.")
    if length > len(part):
        raise FirmwareError(cut if is_last else f"the image is corrupt: its {name} has no end. Fetch it again.")
    return length


def _version(application: bytes) -> str:
    """By the words that MicroPython greets with; the application's description often has no version."""
    found = re.search(BANNER, application)
    if found is None:
        raise FirmwareError("the image does not say its version: it is not MicroPython for the ESP32.")
    return found[1].decode()
