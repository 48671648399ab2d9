"""The record: 32 bytes, the same on flash, on the wire and in the evidence. Its layout is frozen.

Offsets and meanings stand in docs/protocol.md section 2; a test holds that table against LAYOUT below.
"""

from binascii import crc32
from collections import namedtuple
from struct import calcsize, pack, unpack

from protocol.errors import ProtocolError
from protocol.packing import pack_fields

RECORD_BYTES = 32
PAYLOAD_BYTES = 28  # all but the CRC; the sequence in it is filled in by the journal
SEQUENCE_OFFSET = 5
ANSWERS_MAX = 12
OPTIONS_MAX = 6

# (field, offset, bytes, struct code); the answers are twelve 4-bit values, low nibble first
LAYOUT = (
    ("kind", 0, 1, "B"),
    ("flags", 1, 2, "H"),
    ("questionnaire", 3, 2, "H"),
    ("sequence", 5, 4, "I"),
    ("session", 9, 2, "H"),
    ("seconds", 11, 4, "I"),
    ("clock", 15, 4, "I"),
    ("language_quality", 19, 1, "B"),
    ("team_stage", 20, 1, "B"),
    ("duration", 21, 1, "B"),
    ("answers", 22, 6, "6s"),
    ("crc", 28, 4, "I"),
)
FORMAT = "<BHHIHIIBBB6sI"  # the codes of LAYOUT, written out for devices, which leave LAYOUT out
FORMAT_WITHOUT_CRC = "<BHHIHIIBBB6s"

KIND_RESPONSE = 1  # a pass by a patient, family member or carer
KIND_MARK = 2  # what was acked, kept beside the records; never sent
KIND_DECLINED = 3  # somebody was asked and declined; counted, no answers
KIND_AUDIT = 4  # a staff checklist; never mixed with patients' answers
KIND_TOMBSTONE = 5  # made when sending: the record of this sequence has become unreadable
KINDS_SENT = (KIND_RESPONSE, KIND_DECLINED, KIND_AUDIT, KIND_TOMBSTONE)

FLAG_PARTIAL = 0x0001  # the pass timed out; what was answered is kept
FLAG_ASSISTED = 0x0002  # staff helped the patient to press
FLAG_BURST = 0x0004  # many passes in a short time
FLAG_TOO_FAST = 0x0008  # answered faster than anybody reads
FLAG_STUCK_BUTTON = 0x0010  # a button was held down for far too long
FLAG_HOME_VISIT = 0x0020  # taken in home-visit mode
FLAG_TEST = 0x0040  # a technician's test; never counted
FLAGS_KNOWN = 0x007F
FLAGS_MISUSE = FLAG_BURST | FLAG_TOO_FAST | FLAG_STUCK_BUTTON

ANSWER_NOT_SHOWN = 0
ANSWER_SKIPPED = 14
ANSWER_TIMED_OUT = 15

QUALITY_UNSET = 0  # no clock: `clock` is 0
QUALITY_UNCERTAIN = 1  # a clock that may be far off (guessed from the build time); never used as a date
QUALITY_DRIFTING = 2  # server time, then the device's own clock for more than a day
QUALITY_SERVER = 3  # server time within the last day

LANGUAGE_MAX = 31
QUALITY_MAX = 7
TEAM_MAX = 31
STAGE_MAX = 7
DURATION_UNIT_S = 2
DURATION_MAX = 255  # means "510 seconds or longer"

Record = namedtuple(
    "Record",
    (
        "kind",
        "flags",
        "questionnaire",
        "sequence",
        "session",
        "seconds",
        "clock",
        "language",
        "quality",
        "team",
        "stage",
        "duration",
        "answers",
    ),
)


def encode_payload(record: Record) -> bytes:
    """A Record to the 28 bytes before its CRC. `answers`: up to 12 values of 0..15; those missing are 0.

    Raises ValueError for a value that does not fit: that is a mistake of ours, not of the peer.
    """
    _check_range("language", record.language, LANGUAGE_MAX)
    _check_range("quality", record.quality, QUALITY_MAX)
    _check_range("team", record.team, TEAM_MAX)
    _check_range("stage", record.stage, STAGE_MAX)
    last = (
        record.language | record.quality << 5,
        record.team | record.stage << 5,
        record.duration,
        _pack_answers(record.answers),
    )
    return pack_fields("record", FORMAT_WITHOUT_CRC, tuple(record[:7]) + last)


def encode_record(record: Record) -> bytes:
    """A Record to its 32 bytes, CRC included."""
    payload = encode_payload(record)
    return payload + pack("<I", crc32(payload))


def decode_record(data: bytes) -> Record:
    """32 bytes to a Record. Raises ProtocolError `length` or `crc`. Ranges are judged by `check_record`."""
    if len(data) != RECORD_BYTES:
        raise ProtocolError("length", "a record has 32 bytes, this has %d" % len(data))
    if not crc_is_good(data):
        raise ProtocolError("crc", "the record's CRC-32 does not match its bytes 0 to 27")
    (
        kind,
        flags,
        questionnaire,
        sequence,
        session,
        seconds,
        clock,
        language_quality,
        team_stage,
        duration,
        answers,
        _,
    ) = unpack(FORMAT, data)
    return Record(
        kind,
        flags,
        questionnaire,
        sequence,
        session,
        seconds,
        clock,
        language_quality & 0x1F,
        language_quality >> 5,
        team_stage & 0x1F,
        team_stage >> 5,
        duration,
        _unpack_answers(answers),
    )


def crc_is_good(data: bytes) -> bool:
    """Whether the 32 bytes carry the CRC-32 of their first 28."""
    return bool(crc32(data[:PAYLOAD_BYTES]) == unpack("<I", data[PAYLOAD_BYTES:])[0])


def record_crc(data: bytes) -> int:
    """The CRC-32 as it stands in the last four bytes."""
    return int(unpack("<I", data[PAYLOAD_BYTES:])[0])


def sequence_of(data: bytes) -> int:
    """The sequence as it stands in the bytes, readable even when the CRC is wrong."""
    return int(unpack("<I", data[SEQUENCE_OFFSET : SEQUENCE_OFFSET + 4])[0])


def tombstone(sequence: int) -> bytes:
    """The record that is sent in place of one that has become unreadable, so that the loss is on record."""
    return encode_record(Record(KIND_TOMBSTONE, 0, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 0, ()))


def check_record(record: Record) -> None:
    """Raise ProtocolError `range` where a field has a value that the protocol does not know."""
    if record.kind not in KINDS_SENT:
        raise ProtocolError("range", "kind %d is not one that is sent" % record.kind)
    if record.flags & ~FLAGS_KNOWN:
        raise ProtocolError("range", "flags 0x%04x hold bits that have no meaning" % record.flags)
    check_clock(record.clock, record.quality)
    for number, answer in enumerate(record.answers, 1):
        if OPTIONS_MAX < answer < ANSWER_SKIPPED:
            raise ProtocolError("range", "answer %d has the reserved value %d" % (number, answer))


def check_clock(clock: int, quality: int) -> None:
    """Raise ProtocolError `range` unless the quality is known and goes with the clock (unset is 0)."""
    if quality > QUALITY_SERVER:
        raise ProtocolError("range", "clock quality %d has no meaning" % quality)
    if (clock == 0) != (quality == QUALITY_UNSET):
        raise ProtocolError("range", "clock %d does not go with clock quality %d" % (clock, quality))


def _check_range(field: str, value: int, highest: int) -> None:
    if not 0 <= value <= highest:
        raise ValueError("%s is %d, outside 0 to %d" % (field, value, highest))


def _pack_answers(answers: "tuple[int, ...]") -> bytes:
    if len(answers) > ANSWERS_MAX:
        raise ValueError("%d answers, at most %d fit in a record" % (len(answers), ANSWERS_MAX))
    packed = bytearray(6)
    for index, answer in enumerate(answers):
        _check_range("answer", answer, 15)
        packed[index // 2] |= answer << (4 * (index % 2))
    return bytes(packed)


def _unpack_answers(packed: bytes) -> "tuple[int, ...]":
    return tuple([(packed[index // 2] >> (4 * (index % 2))) & 0x0F for index in range(ANSWERS_MAX)])


assert calcsize(FORMAT) == RECORD_BYTES
