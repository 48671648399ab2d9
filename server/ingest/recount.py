"""Counts all stored responses again: what the rollups should say, whatever happened to them since."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from protocol.record import (
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
from server.ingest import rollup_withheld
from server.ingest.rollup_rows import RollupError
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
from server.ingest.rollups import ROLLUPS
from server.ingest.tables import RollupAuditDay, RollupDay, RollupResponseDay

TESTS_APART = f"r.flags & {FLAG_TEST} = 0"
ANSWERS = (*range(1, OPTIONS_MAX + 1), ANSWER_SKIPPED, ANSWER_TIMED_OUT)
GIVEN = "CROSS JOIN LATERAL unnest(r.answers) WITH ORDINALITY AS g (answer, position)"
CHOSEN = ", ".join(f"count(*) FILTER (WHERE g.answer = {answer})::integer" for answer in ANSWERS)
MEANT = """LEFT JOIN version_option v ON (v.organisation_id, v.reference, v.position, v.option)
    = (r.organisation_id, r.reference, g.position, g.answer) AND v.sentiment <> 'excluded'"""
MONTH, WEEK = (
    f"CASE WHEN r.day = '1970-01-01' THEN r.day ELSE date_trunc('{span}', r.day)::date END"
    for span in ("month", "week")
)
ANSWERING = """EXISTS (SELECT FROM unnest(r.answers) WITH ORDINALITY AS g (answer, position)
    JOIN version_option v ON (v.organisation_id, v.reference, v.position, v.option)
                           = (r.organisation_id, r.reference, g.position, g.answer) WHERE v.sentiment <> 'excluded')"""
PASSES = f"""count(*) FILTER (WHERE r.kind = {KIND_RESPONSE} AND r.flags & {FLAG_PARTIAL} = 0)::integer,
    count(*) FILTER (WHERE r.kind = {KIND_RESPONSE} AND r.flags & {FLAG_PARTIAL} <> 0)::integer,
    count(*) FILTER (WHERE r.kind = {KIND_DECLINED})::integer, count(*) FILTER (WHERE {ANSWERING})::integer"""
PATIENTS = f"r.kind IN ({KIND_RESPONSE}, {KIND_DECLINED}) AND {TESTS_APART}"
LOCAL = "r.answered_at AT TIME ZONE o.timezone"
HOURS = f"""extract(isodow FROM {LOCAL})::smallint - 1, extract(hour FROM {LOCAL})::smallint, r.flagged,
    count(*)::integer, count(*) FILTER (WHERE v.sentiment = 'positive')::integer
    FROM response r JOIN organisation o USING (organisation_id) {GIVEN} {MEANT}
    WHERE {PATIENTS} AND v.option IS NOT NULL AND r.answered_at IS NOT NULL AND r.day <> '1970-01-01'"""


def _answers(keys: str, counts: str = CHOSEN, *, which: str = PATIENTS, meant: str = "") -> str:
    return f"SELECT {keys}, {counts} FROM response r {GIVEN} {meant} WHERE g.answer <> 0 AND {which}"  # noqa: S608


def _passes(keys: str) -> str:
    return f"SELECT {keys}, {PASSES} FROM response r WHERE {PATIENTS}"  # noqa: S608 - all of it is written here


DEVICE = "r.organisation_id, r.device_id, r.team_id, r.reference"
# By table: the columns of its key and its counts, in the table's order, and by how many columns they are grouped.
RECOUNTS: dict[type[Base], tuple[str, int]] = {
    RollupDay: (_answers(f"{DEVICE}, g.position, r.day, r.flagged"), 7),
    RollupAuditDay: (
        _answers(f"{DEVICE}, g.position, r.day", which=f"r.kind = {KIND_AUDIT} AND {TESTS_APART}"),
        6,
    ),
    RollupResponseDay: (_passes(f"{DEVICE}, r.day, r.flagged"), 6),
    RollupSegment: (
        _answers(
            f"{DEVICE}, g.position, {MONTH}, {WEEK}, r.flagged", f"count(v.option)::integer, {CHOSEN}", meant=MEANT
        ),
        8,
    ),
    RollupResponseSegment: (_passes(f"{DEVICE}, {MONTH}, {WEEK}, r.flagged"), 7),
    RollupTeamSegment: (
        _answers(f"r.organisation_id, {MONTH}, {WEEK}, r.team_id, r.reference, g.position, r.flagged"),
        7,
    ),
    RollupTeamResponseSegment: (_passes(f"r.organisation_id, {MONTH}, {WEEK}, r.team_id, r.reference, r.flagged"), 6),
    RollupOrganisationSegment: (
        _answers(f"r.organisation_id, {MONTH}, {WEEK}, r.reference, g.position, r.flagged"),
        6,
    ),
    RollupOrganisationResponseSegment: (_passes(f"r.organisation_id, {MONTH}, {WEEK}, r.reference, r.flagged"), 5),
    RollupHour: (f"SELECT r.organisation_id, r.team_id, {MONTH}, r.reference, g.position, {HOURS}", 8),
    RollupOrganisationHour: (f"SELECT r.organisation_id, {MONTH}, r.reference, g.position, {HOURS}", 7),
}
assert set(RECOUNTS) == set(ROLLUPS)


def recompute_rollups(connection: Connection) -> None:
    """Empty all rollups and fill them from the responses, under a lock that makes ingest wait.

    Raises RollupError after retention has dropped responses: their counts stand in the rollups only.
    """
    if connection.scalar(text("SELECT EXISTS (SELECT FROM checkpoint)")):
        raise RollupError("Responses have been dropped by retention: the rollups hold counts that nothing else does.")
    tables = ", ".join(table.__tablename__ for table in ROLLUPS)
    connection.exec_driver_sql(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
    for table, recount in _recounts():
        connection.exec_driver_sql(f"DELETE FROM {table.__tablename__}")  # noqa: S608 - names of our own tables
        connection.exec_driver_sql(f"INSERT INTO {table.__tablename__} ({_columns(table)}) {recount}")
    connection.exec_driver_sql("UPDATE rollup_revision SET revision = revision + 1")
    rollup_withheld.recompute(connection)


def rollup_differences(connection: Connection) -> dict[str, int]:
    """By rollup, how many of its rows are not what the stored responses say, or are missing; none: {}."""
    found = {}
    for table, recount in _recounts():
        said = f"SELECT {_columns(table)} FROM {table.__tablename__}"  # noqa: S608 - as above
        both = f"({said} EXCEPT ({recount})) UNION ALL (({recount}) EXCEPT {said})"
        number = connection.exec_driver_sql(f"SELECT count(*) FROM ({both}) AS different").scalar_one()  # noqa: S608
        if number:
            found[table.__tablename__] = number
    return found | rollup_withheld.different_rows(connection)


def _recounts() -> Iterator[tuple[type[Base], str]]:
    for table, (query, keys) in RECOUNTS.items():
        yield table, f"{query} GROUP BY {', '.join(map(str, range(1, keys + 1)))}"


def _columns(table: type[Base]) -> str:
    """Keys first, in the order in which RECOUNTS give them; then the counts."""
    keys = [column.name for column in table.__table__.primary_key]
    counts = [column.name for column in table.__table__.columns if column.computed is None and column.name not in keys]
    return ", ".join([*keys, *counts])
