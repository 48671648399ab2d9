"""What an imported row is in the table of responses: the same as a delivered record, as far as a file can say it."""

from zoneinfo import ZoneInfo

from protocol.record import FLAG_ASSISTED, KIND_RESPONSE, QUALITY_UNSET, Record, encode_record, record_crc
from server.fleet.tables import Organisation
from server.imports.rows import ImportedResponse
from server.imports.sources import StandIn
from server.imports.tables import ResponseImport
from server.ingest.judge import ResponseRow
from server.ingest.tables import ANSWERED_IMPORTED

JOURNAL_MARK = 1 << 63  # the top bit, over the number of the import: no device's journal is named after a file
JOURNAL_BYTES = 8


def journal_of(import_id: int) -> bytes:
    """What stands for a journal in the responses of an import; with their sequence it names a row of a file."""
    return (JOURNAL_MARK | import_id).to_bytes(JOURNAL_BYTES, "big")


def response_row(
    organisation: Organisation, row: ResponseImport, place: StandIn, response: ImportedResponse
) -> ResponseRow:
    """No device's clock, session or duration: 0. `received_at` is the instant of the import."""
    record = Record(
        kind=KIND_RESPONSE,
        flags=FLAG_ASSISTED if response.assisted else 0,
        questionnaire=response.asked.reference,
        sequence=response.row,
        session=0,
        seconds=0,
        clock=0,
        language=response.language,
        quality=QUALITY_UNSET,
        team=0,
        stage=0,
        duration=0,
        answers=tuple(response.answers),
    )
    return ResponseRow(
        organisation_id=organisation.organisation_id,
        device_id=place.device_id,
        journal_id=journal_of(row.import_id),
        sequence=response.row,
        record_crc=record_crc(encode_record(record)),
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
        answers=response.answers,
        placement_id=place.placement_id,
        placement_uncertain=False,
        team_id=place.team_id,
        location_id=place.location_id,
        answered_at=response.answered_at,
        answered_by=ANSWERED_IMPORTED,
        answered_after=None,
        answered_before=None,
        day=response.answered_at.astimezone(ZoneInfo(organisation.timezone)).date(),
        received_at=row.imported_at,
    )
