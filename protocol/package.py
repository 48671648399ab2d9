"""The questionnaire package: what a device needs to ask, in one file. Text travels as 1-bit pictures.

Layout: magic "PETQ" (4), format (1), zero (1), bytes of the index (2), bytes of the pictures (4), index
(JSON, UTF-8), pictures, CRC-32 of all before (4). A picture is named in the index as [offset in the pictures,
width, height]; its rows run from the top, each padded to whole bytes, leftmost pixel in the highest bit
(MicroPython's framebuf.MONO_HLSB). A package of texts has the same outline and another index.
"""

from binascii import crc32
from json import loads
from struct import pack, unpack

from protocol.errors import ProtocolError
from protocol.record import ANSWERS_MAX, LANGUAGE_MAX, OPTIONS_MAX
from protocol.screen import SCREEN_TEXTS

MAGIC = b"PETQ"
FORMAT = 2
HEAD_BYTES = 12
CRC_BYTES = 4
INDEX_BYTES_MAX = 16384  # read whole into the device's memory
PACKAGE_BYTES_MAX = 131072  # a quarter of what the device's file system keeps for packages
KIND_PATIENTS = "patients"
KIND_AUDIT = "audit"  # a staff checklist: its answers are never mixed with patients'
TITLE_LETTERS_MAX = 18  # one line of a staff list
TEXTS_MAX = 16


def pack_package(index: bytes, pictures: bytes) -> bytes:
    """Index (JSON bytes) and pictures to the bytes of a package. Raises ValueError when it is too large."""
    size = _package_bytes(len(index), len(pictures))
    if len(index) > INDEX_BYTES_MAX or size > PACKAGE_BYTES_MAX:
        raise ValueError("the package has %d bytes, at most %d fit on a device" % (size, PACKAGE_BYTES_MAX))
    data = MAGIC + pack("<BBHI", FORMAT, 0, len(index), len(pictures)) + index + pictures
    return data + pack("<I", crc32(data))


def parse_head(head: bytes) -> "tuple[int, int]":
    """(bytes of the index, bytes of the pictures) from the first 12 bytes. Raises ProtocolError `package`."""
    if len(head) < HEAD_BYTES or head[:4] != MAGIC or head[4] != FORMAT or head[5] != 0:
        raise ProtocolError("package", "not a questionnaire package of format %d" % FORMAT)
    index_bytes, picture_bytes = unpack("<HI", head[6:HEAD_BYTES])
    if index_bytes > INDEX_BYTES_MAX or _package_bytes(index_bytes, picture_bytes) > PACKAGE_BYTES_MAX:
        raise ProtocolError("package", "the questionnaire package is larger than a device can hold")
    return index_bytes, picture_bytes


def parse_index(index: bytes) -> "dict":  # type: ignore[type-arg]
    """The index as a dictionary, its outline checked. Raises ProtocolError `package`.

    {"reference": 1..65535, "kind": "patients" or "audit", "title": "Hand hygiene",
       "languages": [{"number": 0..31, "code": "en", "name": picture,
          "questions": [{"text": picture, "options": [{"label": picture, "face": 0..5}, ...]}, ...],
          "texts": {"start": picture, ...one for each of SCREEN_TEXTS}}, ...]}
    `name`: what the language calls itself. `title`: for staff, at most 18 printable ASCII letters. `face`: 0 none (the
    label stands above the button), 1 very bad ... 5 very good. Every language has the same questions and options.
    Pictures are judged where they are read.
    """
    try:
        fields = loads(index.decode())
        _check("reference", fields["reference"], 1, 0xFFFF)
        _check_title(fields["kind"], fields["title"])
        languages = fields["languages"]
        shape = [len(question["options"]) for question in languages[0]["questions"]]
        _check("number of questions", len(shape), 1, ANSWERS_MAX)
        _check("number of options", min(shape), 1, OPTIONS_MAX)
        _check("number of options", max(shape), 1, OPTIONS_MAX)
        for language in languages:
            _check_language(language, shape)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError) as fault:  # nested too deeply
        raise ProtocolError("package", "the index of the questionnaire package is not usable: %s" % fault) from None
    return fields  # type: ignore[no-any-return]


def parse_texts(index: bytes) -> "list":  # type: ignore[type-arg]
    """The index of a package of texts ("You said, we did") as a list. Raises ProtocolError `package`.

    {"texts": [{"language": 0..31, "picture": picture}, ...]}, at most TEXTS_MAX of them.
    """
    try:
        texts = loads(index.decode())["texts"]
        _check("number of texts", len(texts), 1, TEXTS_MAX)
        for text in texts:
            _check("language number", text["language"], 0, LANGUAGE_MAX)
            _check("length of a picture's entry", len(text["picture"]), 3, 3)
    except (ValueError, KeyError, TypeError, IndexError, RuntimeError) as fault:
        raise ProtocolError("package", "the index of the package of texts is not usable: %s" % fault) from None
    return texts  # type: ignore[no-any-return]


def _check_title(kind: object, title: str) -> None:
    if kind not in (KIND_PATIENTS, KIND_AUDIT):
        raise ValueError("kind is %s, not %s or %s" % (kind, KIND_PATIENTS, KIND_AUDIT))
    letters = title.encode()
    if not 1 <= len(letters) <= TITLE_LETTERS_MAX or min(letters) < 32 or max(letters) > 126:
        raise ValueError("the title is not 1 to %d letters of ASCII" % TITLE_LETTERS_MAX)


def _check_language(language: "dict", shape: "list[int]") -> None:  # type: ignore[type-arg]
    _check("language number", language["number"], 0, LANGUAGE_MAX)
    if [len(question["options"]) for question in language["questions"]] != shape:
        raise ValueError("a language has other questions than the first")
    _check("length of a picture's entry", len(language["name"]), 3, 3)
    for name in SCREEN_TEXTS:
        if name not in language["texts"]:
            raise ValueError("a language lacks the text %s" % name)


def _check(what: str, value: object, lowest: int, highest: int) -> None:
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError("%s is %s, not %d to %d" % (what, value, lowest, highest))


def _package_bytes(index_bytes: int, picture_bytes: int) -> int:
    return HEAD_BYTES + index_bytes + picture_bytes + CRC_BYTES
