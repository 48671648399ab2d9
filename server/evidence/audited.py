"""The audited tables replayed from the audit log: a row that was changed without a trace is found here."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from server.evidence.differences import EVIDENCE, EXTRA, MISSING, OTHER, Difference, Summary

FETCHED_ROWS = 1000
Row = dict[str, Any]
Rows = dict[str, Row]  # by subject

KEYS = """
SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
WHERE indrelid = CAST(:table AS regclass) AND indisprimary AND attname <> 'organisation_id'
ORDER BY array_position(indkey::int2[], attnum)
"""


# The tables whose changes the database logs. Stated here, as a test holds against the migrations: whoever can drop a
# trigger must not thereby decide what is looked at.
AUDITED = (
    "action action_step alert_seen api_token application_release assignment audit_entry audit_feedback audit_schedule "
    "checkpoint concern concern_evidence device device_key directorate enrolment_token fft_grouping fft_option "
    "import_source import_stand_in journey_stage league_choice location mail meeting meeting_item objective "
    "organisation person placement placement_correction question questionnaire questionnaire_draft "
    "questionnaire_version rebase recognition release_assignment report report_revision response_flag "
    "response_import role_grant service setting share_link stated_receipt subscription target team text_item topic "
    "version_option version_question you_said"
)
LOGGING = """
SELECT tgrelid::regclass::text FROM pg_trigger
WHERE tgname = 'write_audit_log' AND tgenabled = 'O'
"""


def logging_tables(connection: Connection) -> set[str]:
    """The tables whose trigger is there and switched on."""
    return {name.strip('"') for (name,) in connection.execute(text(LOGGING))}


def replay_log(connection: Connection, organisation_id: int) -> tuple[dict[str, Rows], dict[int, list[Row]]]:
    """Every audited row as the log leaves it, by table; and of each placement all states that it ever had."""
    tables: dict[str, Rows] = {}
    placements: dict[int, list[Row]] = {}
    query = text("SELECT action, subject, detail FROM audit_log WHERE organisation_id = :here ORDER BY sequence")
    entries = connection.execute(query.execution_options(yield_per=FETCHED_ROWS), {"here": organisation_id})
    for action, subject, detail in entries:
        table, _, what = action.rpartition(" ")
        rows = tables.setdefault(table, {})
        if what == "delete":
            rows.pop(subject, None)
            continue
        rows[subject] = rows.get(subject, {}) | detail.get("new", {})
        if table == "placement":
            placements.setdefault(int(subject), []).append(dict(rows[subject]))
    return tables, placements


def audited_differences(
    connection: Connection, organisation_id: int, logged: dict[str, Rows], summary: Summary
) -> Iterator[Difference]:
    """Rows that are not as the log says. Columns that the log leaves out are not compared."""
    logging = logging_tables(connection)
    for table in AUDITED.split():
        if table not in logging:
            detail = "its changes are not logged: the trigger write_audit_log is gone or switched off"
            yield Difference(EVIDENCE, f"table {table}", detail)
        due = dict(logged.get(table, {}))
        for subject, row in _stored(connection, table, organisation_id):
            summary.audited_rows += 1
            should = due.pop(subject, None)
            if should is None:
                yield Difference(EXTRA, f"{table} {subject}", "the audit log knows nothing of this row")
            elif different := [name for name in should.keys() & row.keys() if should[name] != row[name]]:
                words = (
                    f"{name} is {_word(row[name])}, the audit log says {_word(should[name])}" for name in different
                )
                yield Difference(OTHER, f"{table} {subject}", "; ".join(sorted(words)))
        for subject in due:
            yield Difference(MISSING, f"{table} {subject}", "the audit log has it, and never that it was deleted")


def _stored(connection: Connection, table: str, organisation_id: int) -> Iterator[tuple[str, Row]]:
    keys = [name for (name,) in connection.execute(text(KEYS), {"table": f'"{table}"'})]
    query = text(f'SELECT to_jsonb(t) FROM "{table}" AS t WHERE organisation_id = :here')  # noqa: S608 - from the catalogue
    with connection.execute(query.execution_options(yield_per=FETCHED_ROWS), {"here": organisation_id}) as result:
        for (row,) in result:
            yield "/".join(str(_plain(row[name])) for name in keys), row


def _plain(value: Any) -> Any:
    """As jsonb ->> spells it."""
    return json.dumps(value) if isinstance(value, bool) else value


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
