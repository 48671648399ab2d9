"""What a finished pass becomes: the payload of a record, with who is asked, when, and how sure the device is of it."""

from protocol.record import ANSWERS_MAX, DURATION_MAX, DURATION_UNIT_S, Record, encode_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.clock import Clock
    from firmware.visit import Visit


def payload_of(
    clock: "Clock",
    visit: "Visit",
    asked: "tuple[int, int]",
    kind: int,
    flags: int,
    duration_ms: int,
    answers: "tuple[int, ...]",
) -> bytes:
    """28 bytes for the journal, which gives the sequence. `asked`: the questionnaire's reference, and its language."""
    reading = clock.read()
    return encode_payload(
        Record(
            kind,
            flags,
            asked[0],
            0,
            reading.session,
            reading.seconds,
            reading.clock,
            asked[1],
            reading.quality,
            visit.team,
            visit.stage,
            min(DURATION_MAX, duration_ms // (1000 * DURATION_UNIT_S)),
            answers[:ANSWERS_MAX],
        )
    )
