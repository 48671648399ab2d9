"""Vectors of what lies on a device beside its journal: the pet_id area and the questionnaire package."""

import json

from tests.golden.by_hand import DEVICE_ID, KEY, KEY_EPOCH, little, with_crc

AREA_BYTES = 4096
IDENTITY = {
    "serial": "PET-0042",
    "device_id": DEVICE_ID,
    "key_epoch": KEY_EPOCH,
    "hmac_key": KEY.hex(),
    "mqtt_password": "correct horse battery staple",
}
START = [0, 12, 2]  # twelve pixels wide: two bytes a row
PICTURES = bytes.fromhex("fff0 8010 18 3c 7e".replace(" ", ""))
SMALL = [4, 8, 3]
SCREENS = ("start", "promise", "handover", "warning", "thanks", "full", "battery")
TEXTS = dict.fromkeys(SCREENS, START)
QUESTIONS = [
    {"text": START, "options": [{"label": SMALL, "face": 5}, {"label": SMALL, "face": 1}]},
    {"text": SMALL, "options": [{"label": SMALL, "face": 0}] * 3},
]
LANGUAGE = {"number": 0, "code": "en", "name": SMALL, "questions": QUESTIONS, "texts": TEXTS}
OUTLINE = {"reference": 7, "kind": "patients", "title": "Ward questions"}
INDEX = {**OUTLINE, "languages": [LANGUAGE, {**LANGUAGE, "number": 9, "code": "cy"}]}
SAID_AND_DONE = [{"language": 0, "picture": START}, {"language": 31, "picture": SMALL}]


def _text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def _area(payload, schema=1, reserved=0, magic=b"PETI", length=None):
    head = magic + bytes([schema, reserved]) + little(len(payload) if length is None else length, 2)
    return with_crc(head + payload)


def identities():
    """Each is read to its fields. The area is these bytes, then 0xFF up to AREA_BYTES."""
    for name, fields in (
        ("an identity", IDENTITY),
        ("the extremes", {**IDENTITY, "device_id": 0xFFFFFFFF, "key_epoch": 0xFFFF, "serial": "s" * 64}),
        ("the lowest numbers", {**IDENTITY, "device_id": 1, "key_epoch": 1}),
    ):
        yield {"name": name, "fields": fields, "bytes": _area(json.dumps(fields).encode()).hex()}


def refused_identities():
    """Each fails when it is read, filled up with 0xFF as above."""
    good = _area(_text(IDENTITY))
    yield _refused("an erased area", "blank", b"\xff" * 8)
    yield _refused("zeros", "identity", bytes(64))
    yield _refused("another magic", "identity", _area(_text(IDENTITY), magic=b"PETJ"))
    yield _refused("schema 2", "identity", _area(_text(IDENTITY), schema=2))
    yield _refused("a reserved byte in use", "identity", _area(_text(IDENTITY), reserved=1))
    yield _refused("one bit of the payload flipped", "crc", bytes([*good[:20], good[20] ^ 1, *good[21:]]))
    yield _refused("one bit of the CRC flipped", "crc", bytes([*good[:-1], good[-1] ^ 1]))
    yield _refused("torn in the payload", "crc", good[:40])
    yield _refused("a length beyond the area", "crc", _area(_text(IDENTITY), length=AREA_BYTES))
    yield _refused("not JSON", "identity", _area(b"{serial: 1}"))
    yield _refused("not UTF-8", "identity", _area(b'{"serial": "\xff"}'))
    yield _refused("a list", "identity", _area(b"[]"))
    for field in IDENTITY:
        yield _refused(f"without {field}", "identity", _area(_text(_left(IDENTITY, field))))
    for name, changes in (
        ("a key of 31 bytes", {"hmac_key": KEY.hex()[:-2]}),
        ("a key that is not hexadecimal", {"hmac_key": "xy" * 32}),
        ("device_id 0", {"device_id": 0}),
        ("a device_id of 33 bits", {"device_id": 1 << 32}),
        ("a device_id in quotes", {"device_id": "1"}),
        ("a key epoch of 17 bits", {"key_epoch": 1 << 16}),
        ("an empty password", {"mqtt_password": ""}),
    ):
        yield _refused(name, "identity", _area(_text({**IDENTITY, **changes})))


def _package(index, pictures, version=2, reserved=0, magic=b"PETQ"):
    head = magic + bytes([version, reserved]) + little(len(index), 2) + little(len(pictures), 4)
    return with_crc(head + index + pictures)


def packages():
    """Each is read to its index and pictures, and packed to its bytes out of `index_bytes` and `pictures`."""
    for name, index in (
        ("two questions in two languages", INDEX),
        (
            "the least, an audit",
            {"reference": 1, "kind": "audit", "title": "A", "languages": [{**LANGUAGE, "questions": QUESTIONS[:1]}]},
        ),
    ):
        data = _text(index)
        yield {
            "name": name,
            "index": index,
            "index_bytes": data.hex(),
            "pictures": PICTURES.hex(),
            "bytes": _package(data, PICTURES).hex(),
        }


def refused_package_heads():
    """The first 12 bytes; each fails with `package`."""
    good = _package(_text(INDEX), PICTURES)[:12]
    for name, head in (
        ("eleven bytes", good[:11]),
        ("no bytes", b""),
        ("another magic", b"PETI" + good[4:]),
        ("format 1", good[:4] + b"\x01" + good[5:]),
        ("a reserved byte in use", good[:5] + b"\x01" + good[6:]),
        ("an index of 16,385 bytes", good[:6] + little(16385, 2) + good[8:]),
        ("131,073 bytes in all", good[:6] + little(1000, 2) + little(131073 - 12 - 1000 - 4, 4)),
        ("pictures of 4 GB", good[:8] + b"\xff" * 4),
    ):
        yield _refused(name, "package", head)


def refused_package_indices():
    """The index alone; each fails with `package`."""
    for name, index in (
        ("not JSON", b"{"),
        ("no bytes", b""),
        ("not UTF-8", b'{"reference": "\xff"}'),
        ("a list", b"[]"),
        ("lists in lists", b"[" * 16000),
        ("no reference", _without("reference")),
        ("no kind", _without("kind")),
        ("a kind of its own", _text({**INDEX, "kind": "staff"})),
        ("no title", _without("title")),
        ("an empty title", _text({**INDEX, "title": ""})),
        ("a title of 19 letters", _text({**INDEX, "title": "t" * 19})),
        ("a title that is not ASCII", _text({**INDEX, "title": "Dŵr"})),
        ("a number for a title", _text({**INDEX, "title": 3})),
        ("a language without a name", _text({**INDEX, "languages": [_left(LANGUAGE, "name")]})),
        ("a name of two numbers", _language(name=[0, 1])),
        ("reference 0", _text({**INDEX, "reference": 0})),
        ("reference 65,536", _text({**INDEX, "reference": 65536})),
        ("a fraction for a reference", _text({**INDEX, "reference": 1.5})),
        ("a reference in quotes", _text({**INDEX, "reference": "7"})),
        ("no languages", _text({**INDEX, "languages": []})),
        ("a number for the languages", _text({**INDEX, "languages": 5})),
        ("language number 32", _language(number=32)),
        ("no questions", _language(questions=[])),
        ("thirteen questions", _language(questions=QUESTIONS[:1] * 13)),
        ("a question without options", _language(questions=[{"text": START, "options": []}])),
        ("seven options", _language(questions=[{"text": START, "options": [{"label": SMALL, "face": 0}] * 7}])),
        *((f"the text {name} is missing", _language(texts=_left(TEXTS, name))) for name in SCREENS),
        (
            "a language with other questions",
            _text({**INDEX, "languages": [LANGUAGE, {**LANGUAGE, "questions": QUESTIONS[:1]}]}),
        ),
    ):
        yield _refused(name, "package", index)


def text_packages():
    """Indices of packages of texts, each read to its list; the rest of such a package is as above."""
    for name, texts in (("two texts", SAID_AND_DONE), ("sixteen texts", SAID_AND_DONE[:1] * 16)):
        data = _text({"texts": texts})
        yield {"name": name, "texts": texts, "index_bytes": data.hex()}


def refused_text_packages():
    """Indices alone; each fails with `package`."""
    good = SAID_AND_DONE[0]
    for name, index in (
        ("not JSON", b"{"),
        ("a questionnaire", _text(INDEX)),
        ("no texts", _text({"texts": []})),
        ("seventeen texts", _text({"texts": [good] * 17})),
        ("a text without a language", _text({"texts": [_left(good, "language")]})),
        ("language 32", _text({"texts": [{**good, "language": 32}]})),
        ("a text without a picture", _text({"texts": [_left(good, "picture")]})),
        ("a picture of four numbers", _text({"texts": [{**good, "picture": [0, 1, 1, 1]}]})),
    ):
        yield _refused(name, "package", index)


def _language(**changes):
    return _text({**INDEX, "languages": [{**LANGUAGE, **changes}]})


def _without(member):
    return _text(_left(INDEX, member))


def _left(fields, member):
    return {name: value for name, value in fields.items() if name != member}


def _refused(name, reason, data):
    return {"name": name, "bytes": data.hex(), "reason": reason}
