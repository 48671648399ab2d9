"""Which rows of `rollup_segment` are withheld from outsiders, kept as rows of their own for the months that are over.

The rule is that of server/measures/suppression.py, here as SQL; docs/suppression.md says it for people. What is over
rarely changes, so ingest of the running month writes nothing here; what comes late, is flagged, corrected or taken back
is judged anew in the transaction that counts it. A month is closed by the first transaction that counts anything after
it. All of this happens under the lock of the organisation's row of `rollup_revision`: who waits for it sees what the
other has counted.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from server.ingest import rollup_rows
from server.ingest.rollup_rows import Counted
from server.ingest.rollup_tables import RollupOrganisationWithheld, RollupWithheld
from server.ingest.tables import UNDATED

COUNTS = ("n1", "n2", "n3", "n4", "n5", "n6", "skipped", "timed_out")
KEYS = ("organisation_id", "device_id", "team_id", "reference", "position", "month", "week", "weekly")
LEAST = 5  # server.measures.suppression.WITHHELD_BELOW; a reader who asks for more is answered another way
WITHHELD = (RollupWithheld, RollupOrganisationWithheld)

# `asked`: a device and the span of months that changed. A month decides about its weeks, each of which may reach into
# the month beside it, and that one's weeks about it: what is read goes three months further than what has changed,
# what is judged goes one. A week that reaches into a month that is not over is judged with that month: until then
# nobody outside is shown it, and every answer of the running month would change what is said of it.
NEAR = "BETWEEN a.first - interval '{0} months' AND a.last + interval '{0} months'"
DIFFERENCES = f"""WITH
    asked AS (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS a (device_id, first, last)),
    cells AS MATERIALIZED (
        SELECT t.*, q.question_id, t.month {NEAR.format(1)} AND t.month < %s AS judged
        FROM asked a JOIN rollup_segment t ON t.organisation_id = %s AND t.device_id = a.device_id
            AND t.month {NEAR.format(3)} AND t.month <> '{UNDATED}' AND NOT t.flagged
        JOIN version_question q USING (organisation_id, reference, position)),
    months AS MATERIALIZED (SELECT device_id, team_id, question_id, month FROM cells
        GROUP BY 1, 2, 3, 4 HAVING sum(counted) < {LEAST}),
    shut AS (
        SELECT w.device_id, w.team_id, w.question_id, touched.month
        FROM (SELECT device_id, team_id, question_id, week FROM cells
              GROUP BY 1, 2, 3, 4 HAVING sum(counted) < {LEAST}) AS w
        CROSS JOIN LATERAL (VALUES (date_trunc('month', w.week)::date), (date_trunc('month', w.week + 6)::date))
            AS touched (month)
        UNION SELECT * FROM months),
    weeks AS MATERIALIZED (
        SELECT DISTINCT s.device_id, s.team_id, s.question_id, touching.monday::date AS week FROM shut s
        CROSS JOIN LATERAL generate_series(date_trunc('week', s.month),
            s.month + interval '1 month' - interval '1 day', interval '7 days') AS touching (monday)),
    due AS (
        SELECT c.*, false AS weekly FROM cells c JOIN months USING (device_id, team_id, question_id, month)
        WHERE c.judged
        UNION ALL
        SELECT c.*, true FROM cells c JOIN weeks USING (device_id, team_id, question_id, week)
        WHERE c.judged AND c.week + 6 < %s),
    held AS (SELECT t.* FROM asked a JOIN rollup_withheld t ON t.organisation_id = %s AND t.device_id = a.device_id
        AND t.month {NEAR.format(1)})
    SELECT {", ".join(KEYS)}, {", ".join(f"coalesce(due.{n}, 0) - coalesce(held.{n}, 0)" for n in COUNTS)}
    FROM due FULL JOIN held USING ({", ".join(KEYS)})
    WHERE ({", ".join(f"due.{n}" for n in COUNTS)}) IS DISTINCT FROM ({", ".join(f"held.{n}" for n in COUNTS)})
"""  # noqa: S608 - ours
WHOLE = "organisation_id, month, week, reference, position, weekly"
SUMMED = f"""SELECT {WHOLE}, {", ".join(f"sum({n})" for n in COUNTS)}
    FROM rollup_withheld GROUP BY {WHOLE}"""  # noqa: S608 - ours
SAID = f"SELECT {WHOLE}, {', '.join(COUNTS)} FROM rollup_organisation_withheld"  # noqa: S608 - ours
EVER = (date(1990, 1, 1), date(2200, 1, 1))  # beyond whatever a clock can say (server.aggregates.periods)

Spans = dict[tuple[int, int], tuple[date, date]]  # by (organisation, device), the first and the last month of a change


def keep(connection: Connection, organisations: Iterable[int], segments: Counted) -> None:
    """The rollups of these organisations have changed, `rollup_segment` by these deltas: judge what is over anew."""
    revised = rollup_rows.revise(connection, organisations)
    for organisation_id, before, today in revised:
        if before < today:
            close_months(connection, organisation_id, today)
    over = {organisation_id: max(before, today) for organisation_id, before, today in revised}
    spans: Spans = {}
    for organisation_id, device_id, _, _, _, month, week, flagged in segments:
        first = min(month, week.replace(day=1))
        if flagged or month == UNDATED or first >= over[organisation_id]:
            continue
        last = (week + timedelta(days=6)).replace(day=1)
        known = spans.get((organisation_id, device_id), (first, last))
        spans[organisation_id, device_id] = (min(first, known[0]), max(last, known[1]))
    for organisation_id, before in over.items():
        _judge(
            connection,
            organisation_id,
            before,
            {key[1]: span for key, span in spans.items() if key[0] == organisation_id},
        )


def close_months(connection: Connection, organisation_id: int, today: date) -> None:
    """What has come to be over by the month `today` is judged, of all devices; of what is closed, nothing changes."""
    known = connection.exec_driver_sql(
        "SELECT withheld_before FROM rollup_revision WHERE organisation_id = %s FOR UPDATE", (organisation_id,)
    ).scalar()
    if known is None or known >= today:
        return
    _judge(connection, organisation_id, today, _everywhere(connection, organisation_id, (known, today)))
    connection.exec_driver_sql(
        "UPDATE rollup_revision SET withheld_before = %s WHERE organisation_id = %s", (today, organisation_id)
    )


def _everywhere(connection: Connection, organisation_id: int, span: tuple[date, date]) -> dict[int, tuple[date, date]]:
    devices = connection.exec_driver_sql("SELECT device_id FROM device WHERE organisation_id = %s", (organisation_id,))
    return dict.fromkeys(devices.scalars(), span)


def differences(
    connection: Connection, organisation_id: int, before: date, spans: dict[int, tuple[date, date]]
) -> Counted:
    """What is to be added to `rollup_withheld`, by key, within the months beside these spans of these devices."""
    if not spans:
        return {}
    devices = sorted(spans)
    asked = (devices, [spans[each][0] for each in devices], [spans[each][1] for each in devices])
    values: tuple[Any, ...] = (*asked, before, organisation_id, before, organisation_id)
    rows = connection.exec_driver_sql(DIFFERENCES, values)
    return {tuple(row[: len(KEYS)]): list(row[len(KEYS) :]) for row in rows}


def _judge(connection: Connection, organisation_id: int, before: date, spans: dict[int, tuple[date, date]]) -> None:
    deltas = differences(connection, organisation_id, before, spans)
    summed: Counted = {}
    for (organisation, _, _, *place, month, week, weekly), counts in deltas.items():
        key = (organisation, month, week, *place, weekly)
        summed[key] = [ours + theirs for ours, theirs in zip(summed.get(key, [0] * len(counts)), counts, strict=True)]
    for table, changed in ((RollupWithheld, deltas), (RollupOrganisationWithheld, summed)):
        if changed:
            rollup_rows.add(connection, table, changed)
            rollup_rows.remove_empty(connection, table, changed)


def recompute(connection: Connection) -> None:
    """Empty both tables and judge everything that is over again. Under the locks of recount.recompute_rollups."""
    for table in WITHHELD:
        connection.exec_driver_sql(f"DELETE FROM {table.__tablename__}")  # noqa: S608 - names of our own tables
    for organisation_id, before in _closed(connection):
        _judge(connection, organisation_id, before, _everywhere(connection, organisation_id, EVER))


def different_rows(connection: Connection) -> dict[str, int]:
    """By table, how many rows are not what `rollup_segment` says, or are missing; none: {}."""
    rows = sum(
        len(differences(connection, organisation_id, before, _everywhere(connection, organisation_id, EVER)))
        for organisation_id, before in _closed(connection)
    )
    both = f"({SAID} EXCEPT ({SUMMED})) UNION ALL (({SUMMED}) EXCEPT {SAID})"
    sums = connection.exec_driver_sql(f"SELECT count(*) FROM ({both}) AS different").scalar_one()  # noqa: S608
    found = {"rollup_withheld": rows, "rollup_organisation_withheld": sums}
    return {table: number for table, number in found.items() if number}


def _closed(connection: Connection) -> list[tuple[int, date]]:
    rows = connection.exec_driver_sql("SELECT organisation_id, withheld_before FROM rollup_revision ORDER BY 1")
    return [(row[0], row[1]) for row in rows]
