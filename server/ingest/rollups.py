"""Counts of the responses that one transaction stored, added to the rollups in key order; or taken out again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, tuple_

from protocol.record import (
    ANSWER_NOT_SHOWN,
    ANSWER_SKIPPED,
    ANSWER_TIMED_OUT,
    FLAG_PARTIAL,
    FLAG_TEST,
    KIND_AUDIT,
    KIND_DECLINED,
    KIND_RESPONSE,
    OPTIONS_MAX,
)
from server.database import Base
from server.fleet.tables import EXCLUDED, POSITIVE, Organisation, VersionOption
from server.ingest import rollup_rows, rollup_withheld
from server.ingest.judge import ResponseRow
from server.ingest.rollup_rows import Counted
from server.ingest.rollup_tables import (
    RollupHour,
    RollupOrganisationHour,
    RollupOrganisationResponseSegment,
    RollupOrganisationSegment,
    RollupResponseSegment,
    RollupSegment,
    RollupTeamResponseSegment,
    RollupTeamSegment,
)
from server.ingest.tables import UNDATED, RollupAuditDay, RollupDay, RollupResponseDay

COLUMN_OF_ANSWER = {
    **{option: f"n{option}" for option in range(1, OPTIONS_MAX + 1)},
    ANSWER_SKIPPED: "skipped",
    ANSWER_TIMED_OUT: "timed_out",
}
PLACE_OF_ANSWER = {answer: place for place, answer in enumerate(COLUMN_OF_ANSWER)}
ANSWERS = len(COLUMN_OF_ANSWER)
COUNTED = ANSWERS  # the place of `counted`, after those of the answers
COMPLETE, PARTIAL, DECLINED, ANSWERING = range(4)

# Every worker locks the rows of these in this order, and the rows of one table in the order of their keys.
ROLLUPS: tuple[type[Base], ...] = (
    RollupDay,
    RollupAuditDay,
    RollupResponseDay,
    RollupSegment,
    RollupResponseSegment,
    RollupTeamSegment,
    RollupTeamResponseSegment,
    RollupHour,
    RollupOrganisationSegment,
    RollupOrganisationResponseSegment,
    RollupOrganisationHour,
)

Key = tuple[Any, ...]
Deltas = dict[type[Base], Counted]


class Meaning(NamedTuple):
    """What options mean, and where days and hours are local to: what counting needs beside the responses."""

    sentiments: Mapping[tuple[int, int, int, int], str]  # (organisation, reference, position, option)
    zones: Mapping[int, ZoneInfo]


def add_to_rollups(connection: Connection, responses: Iterable[ResponseRow]) -> None:
    """Count these responses. Tests are responses, but count for nothing."""
    _change(connection, responses, rollup_rows.add)


def take_from_rollups(connection: Connection, responses: Iterable[ResponseRow]) -> None:
    """The exact inverse: afterwards the rollups are as if these had never been. What they say must be what was counted.

    Raises RollupError when the rollups do not hold what is to be taken out of them.
    """
    _change(connection, responses, rollup_rows.take)


def _change(
    connection: Connection,
    responses: Iterable[ResponseRow],
    write: Callable[[Connection, type[Base], Counted], None],
) -> None:
    rows = [row for row in responses if not row.flags & FLAG_TEST]
    if not rows:
        return
    deltas = count(rows, find_meaning(connection, rows))
    for table in ROLLUPS:
        if deltas[table]:
            write(connection, table, deltas[table])
    rollup_withheld.keep(connection, {row.organisation_id for row in rows}, deltas[RollupSegment])


def find_meaning(connection: Connection, rows: Iterable[ResponseRow]) -> Meaning:
    """Of all questionnaire versions that these rows answer."""
    versions = {(row.organisation_id, row.reference) for row in rows}
    columns = (VersionOption.organisation_id, VersionOption.reference, VersionOption.position, VersionOption.option)
    options = select(*columns, VersionOption.sentiment).where(tuple_(*columns[:2]).in_(versions))
    zones = select(Organisation.organisation_id, Organisation.timezone).where(
        Organisation.organisation_id.in_({organisation_id for organisation_id, _ in versions})
    )
    return Meaning(
        {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(options)},
        {row.organisation_id: ZoneInfo(row.timezone) for row in connection.execute(zones)},
    )


def count(rows: Iterable[ResponseRow], meaning: Meaning) -> Deltas:
    """What these rows amount to in each rollup. Patients' answers and staff's audits are counted apart."""
    deltas: Deltas = {table: {} for table in ROLLUPS}
    for row in rows:
        if row.kind == KIND_AUDIT:
            owner = (row.organisation_id, row.device_id, row.team_id, row.reference)
            for position, answer in _shown(row):
                _count(deltas[RollupAuditDay], (*owner, position, row.day), PLACE_OF_ANSWER[answer])
        elif row.kind in (KIND_RESPONSE, KIND_DECLINED):
            _count_answers(deltas, row, meaning)
    _sum_up(deltas)
    return deltas


def _count_answers(deltas: Deltas, row: ResponseRow, meaning: Meaning) -> None:
    flagged = row.flagged
    owner = (row.organisation_id, row.device_id, row.team_id, row.reference)
    local = row.answered_at and row.answered_at.astimezone(meaning.zones[row.organisation_id])
    answering = False
    for position, answer in _shown(row):
        day = _count(deltas[RollupDay], (*owner, position, row.day, flagged), PLACE_OF_ANSWER[answer], ANSWERS + 1)
        sentiment = meaning.sentiments.get((row.organisation_id, row.reference, position, answer), EXCLUDED)
        if sentiment == EXCLUDED:
            continue
        answering = True
        day[COUNTED] += 1
        if local is None or row.day == UNDATED:
            continue
        at = (row.day.replace(day=1), row.reference, position, local.weekday(), local.hour, flagged)
        hour = _count(deltas[RollupHour], (row.organisation_id, row.team_id, *at), 0, 2)
        hour[1] += sentiment == POSITIVE
    passes = _count(deltas[RollupResponseDay], (*owner, row.day, flagged), _pass(row), 4)
    passes[ANSWERING] += answering


def _sum_up(deltas: Deltas) -> None:
    """The coarser rollups are sums of the finer ones."""
    for key, counts in deltas[RollupDay].items():
        organisation_id, device_id, team_id, *place, day, flagged = key
        span = segment_of(day)
        counted = [counts[COUNTED], *counts[:ANSWERS]]
        del counts[ANSWERS:]  # a day has no column `counted`
        _add(deltas[RollupSegment], (organisation_id, device_id, team_id, *place, *span, flagged), counted)
        _add(deltas[RollupTeamSegment], (organisation_id, *span, team_id, *place, flagged), counts)
    for key, counts in deltas[RollupResponseDay].items():
        organisation_id, device_id, team_id, reference, day, flagged = key
        span = segment_of(day)
        _add(deltas[RollupResponseSegment], (organisation_id, device_id, team_id, reference, *span, flagged), counts)
        _add(deltas[RollupTeamResponseSegment], (organisation_id, *span, team_id, reference, flagged), counts)
    _leave_out(deltas[RollupTeamSegment], 3, deltas[RollupOrganisationSegment])
    _leave_out(deltas[RollupTeamResponseSegment], 3, deltas[RollupOrganisationResponseSegment])
    _leave_out(deltas[RollupHour], 1, deltas[RollupOrganisationHour])


def _leave_out(finer: Counted, place: int, coarser: Counted) -> None:
    """Sum over what stands at this place of the key: the team."""
    for key, counts in finer.items():
        _add(coarser, (*key[:place], *key[place + 1 :]), counts)


def segment_of(day: date) -> tuple[date, date]:
    """(month, week) of the segment that holds `day`, by their first days; undated answers have one of their own."""
    return (day, day) if day == UNDATED else (day.replace(day=1), day - timedelta(days=day.weekday()))


def _count(counted: Counted, key: Key, place: int, places: int = ANSWERS) -> list[int]:
    counts = counted.get(key)
    if counts is None:
        counts = counted[key] = [0] * places
    counts[place] += 1
    return counts


def _add(counted: Counted, key: Key, counts: list[int]) -> None:
    sums = counted.get(key)
    counted[key] = list(counts) if sums is None else [ours + theirs for ours, theirs in zip(sums, counts, strict=True)]


def _shown(row: ResponseRow) -> list[tuple[int, int]]:
    """(position, answer) of the questions that were asked."""
    return [(position, answer) for position, answer in enumerate(row.answers, 1) if answer != ANSWER_NOT_SHOWN]


def _pass(row: ResponseRow) -> int:
    if row.kind == KIND_DECLINED:
        return DECLINED
    return PARTIAL if row.flags & FLAG_PARTIAL else COMPLETE
