"""Vectors of records: every kind, flag, clock quality and special answer, the extremes, and what is refused."""

from tests.golden.by_hand import little, record, with_crc

PLAIN = {
    "kind": 1,
    "flags": 0,
    "questionnaire": 7,
    "sequence": 42,
    "session": 5,
    "seconds": 3600,
    "clock": 185328000,
    "language": 0,
    "quality": 3,
    "team": 0,
    "stage": 0,
    "duration": 11,
    "answers": [1, 2, 4, 3, 1, 0, 0, 0, 0, 0, 0, 0],
}
NO_ANSWERS = [0] * 12
TOMBSTONE = {**dict.fromkeys(PLAIN, 0), "kind": 5, "sequence": 44, "answers": NO_ANSWERS}
FLAGS = {
    "partial": 0x01,
    "assisted": 0x02,
    "burst": 0x04,
    "too fast": 0x08,
    "stuck button": 0x10,
    "home visit": 0x20,
    "test": 0x40,
}
EXTREME = {
    "kind": 4,
    "flags": 0x7F,
    "questionnaire": 0xFFFF,
    "sequence": 0xFFFFFFFE,
    "session": 0xFFFF,
    "seconds": 0xFFFFFFFF,
    "clock": 0xFFFFFFFF,
    "language": 31,
    "quality": 3,
    "team": 31,
    "stage": 7,
    "duration": 255,
    "answers": [6] * 12,
}
UNSET = {"clock": 0, "quality": 0}


def _vector(name, **changes):
    fields = {**PLAIN, **changes}
    return {"name": name, "fields": fields, "bytes": record(fields).hex()}


def valid():
    """Each is decoded to its fields, passes the range check, and is encoded to its bytes."""
    yield _vector("a response to five questions, with server time")
    yield _vector("the first record of a new device", sequence=1, session=1, seconds=60, **UNSET)
    yield _vector("the extremes of every field", **EXTREME)
    yield _vector("every special answer", answers=[0, 1, 2, 3, 4, 5, 6, 14, 15, 0, 14, 15])
    yield _vector("somebody declined", kind=3, answers=NO_ANSWERS)
    yield _vector("a staff checklist of twelve questions", kind=4, answers=[1, 2] * 6)
    yield _vector("a tombstone", **TOMBSTONE)
    yield _vector("a time-out after two answers", flags=FLAGS["partial"], answers=[3, 1, *[15] * 3, *[0] * 7])
    yield _vector("language, team and stage share bytes with others", language=9, team=17, stage=5, quality=2)
    yield _vector("the unset clock", **UNSET)
    yield _vector("an uncertain clock", quality=1)
    yield _vector("a drifting clock", quality=2)
    yield _vector("a pass of 510 seconds or longer", duration=255)
    for name, flag in FLAGS.items():
        yield _vector(f"flag {name}", flags=flag)


def refused():
    """Each fails: `crc` and `length` when it is decoded, `range` when it is checked."""
    good = record(PLAIN)
    flipped = bytes([*good[:9], good[9] ^ 1, *good[10:]])
    for name, reason, data in (
        ("one byte too few", "length", good[:-1]),
        ("one byte too many", "length", good + b"\x00"),
        ("no bytes", "length", b""),
        ("one bit of the session flipped", "crc", flipped),
        ("one bit of the CRC flipped", "crc", bytes([*good[:31], good[31] ^ 0x80])),
        ("torn after 16 bytes on erased flash", "crc", good[:16] + b"\xff" * 16),
        ("erased flash", "crc", b"\xff" * 32),
        ("32 zeros", "crc", bytes(32)),
        ("the CRC most significant byte first", "crc", good[:28] + good[28:][::-1]),
    ):
        yield {"name": name, "bytes": data.hex(), "reason": reason}
    for name, changes in (
        ("kind 0", {"kind": 0}),
        ("a local mark, which is never sent", {"kind": 2}),
        ("kind 6", {"kind": 6}),
        ("a flag without a meaning", {"flags": 0x0080}),
        ("clock quality 4", {"quality": 4}),
        ("a clock that is set, said to be unset", {"quality": 0}),
        ("a clock that is unset, said to be server time", {"clock": 0}),
        ("the reserved answer 7", {"answers": [7, *NO_ANSWERS[1:]]}),
        ("the reserved answer 13 to the last question", {"answers": [*NO_ANSWERS[1:], 13]}),
    ):
        yield {"name": name, "bytes": record({**PLAIN, **changes}).hex(), "reason": "range"}


def crcs():
    """The CRC-32 itself, so that a new client can begin there."""
    assert with_crc(b"123456789")[9:] == little(0xCBF43926, 4), "the check value every catalogue gives"
    for data in (b"", b"123456789", bytes(28), b"\xff" * 28, record(PLAIN)[:28]):
        yield {"data": data.hex(), "crc32": int.from_bytes(with_crc(data)[-4:], "little")}
