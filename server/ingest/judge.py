"""Can this record be stored as a response? If not, why: the reasons of quarantine stand here."""

from datetime import date, datetime
from typing import NamedTuple

from protocol.errors import ProtocolError
from protocol.package import KIND_AUDIT as KIND_OF_AUDITS
from protocol.record import (
    ANSWER_NOT_SHOWN,
    FLAGS_MISUSE,
    KIND_AUDIT,
    KIND_DECLINED,
    OPTIONS_MAX,
    Record,
    check_record,
    decode_record,
    record_crc,
)
from server.ingest.check import KnownDevice
from server.ingest.facts import Facts, Place
from server.ingest.incoming import JournalKey
from server.ingest.instants import Answered, Lived, clock_of, resolve

REASON_CONFLICT = "conflict"
REASON_LOST = "device-lost"
REASON_DATABASE = "refused-by-database"
REASON_CLOCK_IN_FUTURE = "clock-in-future"


class ResponseRow(NamedTuple):
    """A row of the table `response`, its columns in this order."""

    organisation_id: int
    device_id: int
    journal_id: bytes
    sequence: int
    record_crc: int
    kind: int
    flags: int
    reference: int
    session: int
    seconds: int
    clock: int
    quality: int
    language: int
    team_choice: int
    stage: int
    duration: int
    answers: list[int]
    placement_id: int
    placement_uncertain: bool
    team_id: int
    location_id: int
    answered_at: datetime | None
    answered_by: str
    answered_after: datetime | None
    answered_before: datetime | None
    day: date
    received_at: datetime
    flagged_by_person: bool | None = None  # None: nobody has said anything

    @property
    def flagged(self) -> bool:
        """Whether it counts as misuse: by a person's word, else by the device's flags."""
        return bool(self.flags & FLAGS_MISUSE) if self.flagged_by_person is None else self.flagged_by_person


class Unstorable(NamedTuple):
    """Why an authentic record goes to quarantine: `reason` is a stable word, `detail` is for people."""

    reason: str
    detail: str


class Origin(NamedTuple):
    """Where a record comes from. `apart`: to be kept in quarantine whatever it says, for this reason."""

    device: KnownDevice
    journal: JournalKey
    received_at: datetime
    apart: str | None = None


def judge(data: bytes, origin: Origin, facts: Facts, dated: datetime | None) -> ResponseRow | Unstorable:
    """Judge 32 bytes. `dated`: the last date among records before it that are not in the database yet."""
    if origin.apart is not None:
        return Unstorable(origin.apart, "kept apart whatever it says")
    try:
        record = decode_record(data)
        check_record(record)
    except ProtocolError as error:
        return Unstorable(error.reason, error.text)
    fault = _content_fault(record, origin, facts) or _clock_fault(record, origin)
    if fault is not None:
        return fault
    answered = _answered(record, origin, facts, dated)
    # Of a response without a date nobody knows where it was taken: the placement at receipt is the best guess.
    at = answered.at or origin.received_at
    place = facts.place(origin.device.organisation_id, origin.device.device_id, at)
    if place is None:
        return Unstorable("no-placement", f"the device was not placed at {at}: place it, then replay")
    if record.team > len(place.team_choices):
        return Unstorable("unknown-team-choice", f"its placement offers no team {record.team} to choose")
    return _row(data, record, origin, answered, place)


def _content_fault(record: Record, origin: Origin, facts: Facts) -> Unstorable | None:
    options = facts.options(origin.device.organisation_id, record.questionnaire)
    if not options:
        return Unstorable("unknown-questionnaire", f"no questionnaire has the reference {record.questionnaire}")
    is_audit = facts.kind(origin.device.organisation_id, record.questionnaire) == KIND_OF_AUDITS
    if is_audit != (record.kind == KIND_AUDIT):
        whose = "an audit" if is_audit else "a questionnaire of patients"
        return Unstorable("other-kind", f"a record of kind {record.kind} names {whose}: they are never mixed")
    for position, answer in enumerate(record.answers, 1):
        if answer == ANSWER_NOT_SHOWN:
            continue
        if record.kind == KIND_DECLINED:
            return Unstorable("declined-with-answers", f"question {position} is answered, though it was declined")
        if position not in options or options[position] < answer <= OPTIONS_MAX:
            return Unstorable("answer-out-of-options", f"question {position} has no option {answer}")
    return None


def _clock_fault(record: Record, origin: Origin) -> Unstorable | None:
    clock = clock_of(record)
    lived = Lived(origin.device.enrolled_at, origin.received_at)
    if clock is None or lived.holds(clock):
        return None
    if clock > origin.received_at:
        return Unstorable(REASON_CLOCK_IN_FUTURE, f"its clock said {clock}, received at {origin.received_at}")
    return Unstorable("clock-too-old", f"its clock said {clock}, enrolled at {origin.device.enrolled_at}")


def _answered(record: Record, origin: Origin, facts: Facts, dated: datetime | None) -> Answered:
    def known_before() -> datetime | None:
        stored = facts.known_before(origin.journal, record.sequence)
        return max((instant for instant in (stored, dated) if instant is not None), default=None)

    return resolve(
        record,
        Lived(origin.device.enrolled_at, origin.received_at),
        lambda: facts.session_start(origin.journal, record.session, record.seconds),
        known_before,
    )


def _row(data: bytes, record: Record, origin: Origin, answered: Answered, place: Place) -> ResponseRow:
    return ResponseRow(
        *origin.journal,
        sequence=record.sequence,
        record_crc=record_crc(data),
        kind=record.kind,
        flags=record.flags,
        reference=record.questionnaire,
        session=record.session,
        seconds=record.seconds,
        clock=record.clock,
        quality=record.quality,
        language=record.language,
        team_choice=record.team,
        stage=record.stage,
        duration=record.duration,
        answers=list(record.answers),
        placement_id=place.placement_id,
        placement_uncertain=answered.at is None,
        team_id=place.team_choices[record.team - 1] if record.team else place.team_id,
        location_id=place.location_id,
        answered_at=answered.at,
        answered_by=answered.by,
        answered_after=answered.after,
        answered_before=answered.before,
        day=answered.day(origin.device.timezone),
        received_at=origin.received_at,
    )
