"""Counts of the responses that one transaction stored, added to the day rollups in key order."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from protocol.record import (
    ANSWER_NOT_SHOWN,
    ANSWER_SKIPPED,
    ANSWER_TIMED_OUT,
    FLAG_PARTIAL,
    FLAG_TEST,
    FLAGS_MISUSE,
    KIND_AUDIT,
    KIND_DECLINED,
    KIND_RESPONSE,
    OPTIONS_MAX,
)
from server.database import Base
from server.ingest.judge import ResponseRow
from server.ingest.tables import RollupAuditDay, RollupDay, RollupResponseDay

COLUMN_OF_ANSWER = {
    **{option: f"n{option}" for option in range(1, OPTIONS_MAX + 1)},
    ANSWER_SKIPPED: "skipped",
    ANSWER_TIMED_OUT: "timed_out",
}
PASSES = ("complete", "partial", "declined")


class DayKey(NamedTuple):
    """Whose answers to which question, on which day."""

    organisation_id: int
    device_id: int
    team_id: int
    reference: int
    position: int
    day: date
    flagged: bool


class AuditDayKey(NamedTuple):
    """Who ticked what in which line of a checklist, on which day."""

    organisation_id: int
    device_id: int
    team_id: int
    reference: int
    position: int
    day: date


class ResponseDayKey(NamedTuple):
    """Whose passes of which questionnaire version, on which day."""

    organisation_id: int
    device_id: int
    team_id: int
    reference: int
    day: date
    flagged: bool


Key = TypeVar("Key", DayKey, AuditDayKey, ResponseDayKey)


def add_to_rollups(connection: Connection, responses: Iterable[ResponseRow]) -> None:
    """Patients' answers and staff's audits are counted apart. Tests are responses, but count for nothing."""
    days: dict[DayKey, Counter[str]] = {}
    audits: dict[AuditDayKey, Counter[str]] = {}
    passes: dict[ResponseDayKey, Counter[str]] = {}
    for row in responses:
        if row.flags & FLAG_TEST:
            continue
        if row.kind == KIND_AUDIT:
            for position, answer in _shown(row):
                audit = AuditDayKey(row.organisation_id, row.device_id, row.team_id, row.reference, position, row.day)
                audits.setdefault(audit, Counter())[COLUMN_OF_ANSWER[answer]] += 1
        if row.kind not in (KIND_RESPONSE, KIND_DECLINED):
            continue
        flagged = bool(row.flags & FLAGS_MISUSE)
        owner = (row.organisation_id, row.device_id, row.team_id, row.reference)
        passes.setdefault(ResponseDayKey(*owner, row.day, flagged), Counter())[_pass(row)] += 1
        for position, answer in _shown(row):
            key = DayKey(*owner, position, row.day, flagged)
            days.setdefault(key, Counter())[COLUMN_OF_ANSWER[answer]] += 1
    _add(connection, RollupDay, days, tuple(COLUMN_OF_ANSWER.values()))
    _add(connection, RollupAuditDay, audits, tuple(COLUMN_OF_ANSWER.values()))
    _add(connection, RollupResponseDay, passes, PASSES)


def _shown(row: ResponseRow) -> list[tuple[int, int]]:
    """(position, answer) of the questions that were asked."""
    return [(position, answer) for position, answer in enumerate(row.answers, 1) if answer != ANSWER_NOT_SHOWN]


def _pass(row: ResponseRow) -> str:
    if row.kind == KIND_DECLINED:
        return "declined"
    return "partial" if row.flags & FLAG_PARTIAL else "complete"


def _add(connection: Connection, table: type[Base], counts: dict[Key, Counter[str]], columns: tuple[str, ...]) -> None:
    if not counts:
        return
    # In key order: two workers that count for the same devices then never wait for each other in a circle.
    rows = [{**key._asdict(), **{column: counts[key][column] for column in columns}} for key in sorted(counts)]
    statement = insert(table)
    added = {column: getattr(table, column) + statement.excluded[column] for column in columns}
    keys = [column.name for column in table.__table__.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
