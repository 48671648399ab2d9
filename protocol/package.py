"""The questionnaire package: what a device needs to ask, in one file. Text travels as 1-bit pictures.

Layout: magic "PETQ" (4), format (1), zero (1), bytes of the index (2), bytes of the pictures (4), index (JSON, UTF-8),
pictures, CRC-32 of all before (4). A picture is named in the index as [offset in the pictures, width, height]; its rows
run from the top, each padded to whole bytes, leftmost pixel in the highest bit (MicroPython's framebuf.MONO_HLSB).
"""

from binascii import crc32
from json import loads
from struct import pack, unpack

from protocol.errors import ProtocolError
from protocol.record import ANSWERS_MAX, LANGUAGE_MAX, OPTIONS_MAX

MAGIC = b"PETQ"
FORMAT = 1
HEAD_BYTES = 12
INDEX_BYTES_MAX = 16384
PACKAGE_BYTES_MAX = 131072  # a quarter of what the device's file system keeps for packages
SCREEN_TEXTS = ("start", "thanks", "warning", "full")  # what the device shows around the questions


def pack_package(index: bytes, pictures: bytes) -> bytes:
    """Index (JSON bytes) and pictures to the bytes of a package. Raises ValueError when it would be too large."""
    data = MAGIC + pack("<BBHI", FORMAT, 0, len(index), len(pictures)) + index + pictures
    if len(index) > INDEX_BYTES_MAX or len(data) + 4 > PACKAGE_BYTES_MAX:
        raise ValueError("the package has %d bytes, at most %d fit on a device" % (len(data) + 4, PACKAGE_BYTES_MAX))
    return data + pack("<I", crc32(data))


def parse_head(head: bytes) -> "tuple[int, int]":
    """(bytes of the index, bytes of the pictures) from the first 12 bytes. Raises ProtocolError `package`."""
    if len(head) < HEAD_BYTES or head[:4] != MAGIC or head[4] != FORMAT:
        raise ProtocolError("package", "not a questionnaire package of format %d" % FORMAT)
    index_bytes, picture_bytes = unpack("<HI", head[6:HEAD_BYTES])
    if index_bytes > INDEX_BYTES_MAX or picture_bytes > PACKAGE_BYTES_MAX:
        raise ProtocolError("package", "the questionnaire package is larger than a device can hold")
    return index_bytes, picture_bytes


def parse_index(index: bytes) -> "dict":  # type: ignore[type-arg]
    """The index as a dictionary, checked for what the device relies on. Raises ProtocolError `package`.

    {"reference": u16, "languages": [{"number": 0..31, "code": "en",
       "questions": [{"text": picture, "options": [{"label": picture, "face": 0..5}, ...]}, ...],
       "texts": {"start": picture, "thanks": picture, "warning": picture, "full": picture}}, ...]}
    `face`: 0 none (the label stands above the button), 1 very bad ... 5 very good. Every language has the same
    questions and options.
    """
    try:
        fields = loads(index.decode())
        languages = fields["languages"]
        shape = [len(question["options"]) for question in languages[0]["questions"]]
        good = 0 < fields["reference"] <= 0xFFFF and 0 < len(shape) <= ANSWERS_MAX and 0 < min(shape) <= max(shape) <= OPTIONS_MAX
        for language in languages:
            good = good and 0 <= language["number"] <= LANGUAGE_MAX
            good = good and [len(question["options"]) for question in language["questions"]] == shape
            good = good and all([name in language["texts"] for name in SCREEN_TEXTS])
    except (ValueError, KeyError, TypeError, IndexError):
        good = False
    if not good:
        raise ProtocolError("package", "the questionnaire package's index is not what this version can show")
    return fields  # type: ignore[no-any-return]
