"""A large organisation, made by PostgreSQL from a seed: responses of two years, and the rollups that they amount to.

LARGE: 100 services of one team each, ten devices a team, five questions of five options. Fifty devices are hardly used,
so that there is something to withhold from outsiders. TRUST: the case study's thirty devices.
"""

from datetime import date
from importlib import import_module
from time import perf_counter
from typing import NamedTuple

from sqlalchemy import text

from server.ingest.rollup_withheld import close_months

TODAY = date(2026, 11, 23)
FIRST = date(2024, 11, 25)
DAYS = (TODAY - FIRST).days
ANSWERS = "n1, n2, n3, n4, n5, n6, skipped, timed_out"
SUMS = ", ".join(f"sum({name})::integer" for name in ANSWERS.split(", "))
PASSES = "complete, partial, declined, answering"
PASS_SUMS = ", ".join(f"sum({name})::integer" for name in PASSES.split(", "))
CHOSEN = ", ".join(f"count(*) FILTER (WHERE a = {answer})::integer" for answer in (1, 2, 3, 4, 5, 6, 14, 15))
SPAN = "date_trunc('month', day)::date, date_trunc('week', day)::date"


class Size(NamedTuple):
    """`quiet`: of the devices, how many are hardly used."""

    teams: int
    devices: int
    quiet: int


LARGE, TRUST = Size(100, 1000, 50), Size(10, 30, 2)

# ruff: noqa: S608 - no word of this comes from outside
ORGANISATION = f"""
INSERT INTO organisation (organisation_id, name, timezone) OVERRIDING SYSTEM VALUE VALUES (1, 'Large', 'Europe/London');
INSERT INTO topic (organisation_id, topic, name, built_in) SELECT 1, 'topic' || n, 'Topic', false
    FROM generate_series(1, 5) n;
INSERT INTO question (organisation_id, question_id, text, topic, core)
    SELECT 1, 'question' || n, 'Question ' || n, 'topic' || n, false FROM generate_series(1, 5) n;
INSERT INTO questionnaire (organisation_id, questionnaire_id, code, name) VALUES (1, 1000, 'core', 'Core');
INSERT INTO questionnaire_version (organisation_id, reference, questionnaire_id, version, published_at, definition,
    package, package_sha256, kind) VALUES (1, 9, 1000, 1, '{FIRST}', '{{"languages": ["en", "cy", "pl"]}}', '', '',
    'patients');
INSERT INTO version_question (organisation_id, reference, position, question_id, kind)
    SELECT 1, 9, n, 'question' || n, 'scale' FROM generate_series(1, 5) n;
INSERT INTO version_option (organisation_id, reference, position, option, code, label, sentiment)
    SELECT 1, 9, n, o, 'o' || o, 'Option ' || o,
           (ARRAY['positive', 'positive', 'neutral', 'negative', 'negative'])[o]
    FROM generate_series(1, 5) n, generate_series(1, 5) o;
INSERT INTO service (organisation_id, service_id, code, name)
    SELECT 1, 1000 + n, 's' || n, 'Service ' || n FROM generate_series(1, $TEAMS) n;
INSERT INTO team (organisation_id, team_id, service_id, code, name)
    SELECT 1, 1000 + n, 1000 + n, 't' || n, 'Team ' || n FROM generate_series(1, $TEAMS) n;
INSERT INTO location (organisation_id, location_id, code, name) VALUES (1, 1000, 'l', 'Ward');
INSERT INTO device (organisation_id, device_id, serial, state, enrolled_at, key_epoch)
    SELECT 1, n, 'PET-' || n, 'active', '{FIRST}', 1 FROM generate_series(1, $DEVICES) n;
INSERT INTO placement (organisation_id, placement_id, device_id, team_id, location_id, team_choices, from_at)
    SELECT 1, n, n, 1001 + mod(n, $TEAMS), 1000, '{{}}', '{FIRST}' FROM generate_series(1, $DEVICES) n;
"""

RESPONSES = """
INSERT INTO response (organisation_id, device_id, journal_id, sequence, record_crc, kind, flags, reference, session,
    seconds, clock, quality, language, team_choice, stage, duration, answers, placement_id, placement_uncertain,
    team_id, location_id, answered_at, answered_by, day, received_at)
SELECT 1, device, '\\x00', n, 0, 1, (CASE WHEN x < 0.01 THEN 4 ELSE 0 END) + (CASE WHEN y < 0.05 THEN 1 ELSE 0 END), 9,
    1, 0, 0, 3, (x * 100)::int % 3, 0, 1 + (y * 100)::int % 3, 10,
    ARRAY[a1, a2, a3, a4, CASE WHEN y < 0.05 THEN 0 ELSE a5 END, 0, 0, 0, 0, 0, 0, 0]::smallint[],
    device, false, 1001 + device % :teams, 1000, at AT TIME ZONE 'Europe/London', 'clock', at::date,
    at AT TIME ZONE 'Europe/London'
FROM (SELECT n, x, y, at, CASE WHEN z < 0.003 THEN :devices - (z * :quiet / 0.003)::int
                               ELSE 1 + (u * (:devices - :quiet - 1))::int END AS device,
             (ARRAY[1, 1, 1, 2, 2, 2, 3, 4, 5, 14])[1 + (p1 * 9.99)::int % 10] AS a1,
             (ARRAY[1, 1, 1, 2, 2, 2, 3, 4, 5, 14])[1 + (p2 * 9.99)::int % 10] AS a2,
             (ARRAY[1, 1, 1, 2, 2, 2, 3, 4, 5, 14])[1 + (p3 * 9.99)::int % 10] AS a3,
             (ARRAY[1, 1, 2, 2, 2, 3, 3, 4, 5, 15])[1 + (p4 * 9.99)::int % 10] AS a4,
             (ARRAY[1, 1, 2, 2, 2, 3, 3, 4, 4, 5])[1 + (p5 * 9.99)::int % 10] AS a5
      FROM (SELECT n, random() AS x, random() AS y, random() AS z, random() AS u, random() AS p1, random() AS p2,
                   random() AS p3, random() AS p4, random() AS p5,
                   CAST(:first AS date) + floor(random() * :days)::int
                       + make_interval(hours => 8 + floor(random() * 12)::int, mins => floor(random() * 60)::int) AS at
            FROM generate_series(CAST(:begin AS bigint), CAST(:end AS bigint)) n) AS dice) AS given
"""

GIVEN = "response r CROSS JOIN LATERAL unnest(r.answers[1:5]) WITH ORDINALITY AS g (a, position) WHERE a <> 0"
ROLLUPS = {
    "rollup_day": f"""SELECT organisation_id, device_id, team_id, reference, position, day, flagged, {CHOSEN}
        FROM {GIVEN} GROUP BY 1, 2, 3, 4, 5, 6, 7""",
    "rollup_response_day": """SELECT organisation_id, device_id, team_id, reference, day, flagged,
            count(*) FILTER (WHERE flags & 1 = 0), count(*) FILTER (WHERE flags & 1 <> 0), 0,
            count(*) FILTER (WHERE 6 > LEAST(answers[1], answers[2], answers[3], answers[4],
                                             NULLIF(answers[5], 0)))
        FROM response GROUP BY 1, 2, 3, 4, 5, 6""",
    "rollup_segment": f"""SELECT organisation_id, device_id, team_id, reference, position, {SPAN}, flagged,
            sum(n1 + n2 + n3 + n4 + n5)::integer, {SUMS} FROM rollup_day GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
    "rollup_response_segment": f"""SELECT organisation_id, device_id, team_id, reference, {SPAN}, flagged, {PASS_SUMS}
        FROM rollup_response_day GROUP BY 1, 2, 3, 4, 5, 6, 7""",
    "rollup_team_segment": f"""SELECT organisation_id, month, week, team_id, reference, position, flagged, {SUMS}
        FROM rollup_segment GROUP BY 1, 2, 3, 4, 5, 6, 7""",
    "rollup_team_response_segment": f"""SELECT organisation_id, month, week, team_id, reference, flagged, {PASS_SUMS}
        FROM rollup_response_segment GROUP BY 1, 2, 3, 4, 5, 6""",
    "rollup_organisation_segment": f"""SELECT organisation_id, month, week, reference, position, flagged, {SUMS}
        FROM rollup_team_segment GROUP BY 1, 2, 3, 4, 5, 6""",
    "rollup_organisation_response_segment": f"""SELECT organisation_id, month, week, reference, flagged, {PASS_SUMS}
        FROM rollup_team_response_segment GROUP BY 1, 2, 3, 4, 5""",
    "rollup_hour": f"""SELECT organisation_id, team_id, date_trunc('month', day)::date, reference, position,
            extract(isodow FROM day)::int - 1, extract(hour FROM answered_at AT TIME ZONE 'Europe/London')::int,
            flagged, count(*), count(*) FILTER (WHERE a <= 2)
        FROM {GIVEN} AND a < 14 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
    "rollup_organisation_hour": """SELECT organisation_id, month, reference, position, weekday, hour, flagged,
            sum(counted), sum(positive) FROM rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7""",
}
COLUMNS = {
    "rollup_segment": "organisation_id, device_id, team_id, reference, position, month, week, flagged, counted, "
    + ANSWERS,
}
# One sync a day; of each fiftieth device the last answers have not arrived.
STATUSES = """
INSERT INTO journal (organisation_id, device_id, journal_id, stored_through, first_seen_at)
    SELECT 1, n, '\\x0001', 10000 - CASE WHEN n % 50 = 0 THEN 5 ELSE 0 END, :first
    FROM generate_series(1, :devices) n;
INSERT INTO connection (organisation_id, device_id, device_nonce, server_nonce, key_epoch, session, seconds, clock,
    quality, journal_id, acked_through, last_sequence, oldest_readable, desired_revision, battery_mv, free_slots,
    all_slots, application, base, counters, received_at, confirmed_at)
SELECT 1, n, int8send(CAST(d * 100000 + n AS bigint)), '\\x01', 1, d, 10, 0, 3, '\\x0001', 0, 10000 - d, 1, 0, 3000,
    100, 1000, '1', '1', '{}', at, at + interval '1 second'
FROM generate_series(1, :days) d, generate_series(1, :devices) n,
    LATERAL (SELECT CAST(:today AS timestamptz) - make_interval(days => d) + make_interval(mins => n) AS at) AS sync
"""
FILL = import_module("server.migrations.versions.0013_withheld").FILL
CHUNK = 500_000


def organisation_of(size):
    """The statements that make it."""
    return ORGANISATION.replace("$TEAMS", str(size.teams)).replace("$DEVICES", str(size.devices))


def load(engine, number, seed=0.4, size=LARGE):
    """Make organisation 1 and its responses. Prints how long each step takes."""
    settings = "SET session_replication_role = replica; SET work_mem = '512MB'; SET synchronous_commit = off"
    values = {**size._asdict(), "first": FIRST, "days": DAYS}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(settings)
        for table in ("response", *ROLLUPS):
            connection.exec_driver_sql(f"ALTER TABLE {table} SET UNLOGGED")
        connection.exec_driver_sql(organisation_of(size))
        start = perf_counter()
        connection.execute(text("SELECT setseed(:seed)"), {"seed": seed})
        for begin in range(1, number + 1, CHUNK):
            end = min(begin + CHUNK - 1, number)
            connection.execute(text(RESPONSES), {**values, "begin": begin, "end": end})
        print(f"\n{number:,} responses in {perf_counter() - start:.0f} s", flush=True)
        for table, query in ROLLUPS.items():
            start = perf_counter()
            columns = f" ({COLUMNS[table]})" if table in COLUMNS else ""
            rows = connection.exec_driver_sql(f"INSERT INTO {table}{columns} {query}").rowcount
            print(f"  {table:30} {rows:10,} rows in {perf_counter() - start:4.0f} s", flush=True)
        days = min(DAYS, max(14, number // 13_000))  # as many as there would be of so many responses
        for statement in STATUSES.split(";"):
            values = {"first": FIRST, "today": TODAY, "devices": size.devices, "days": days}
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
        start = perf_counter()
        with engine.begin() as closing:
            for statement in filter(str.strip, FILL.split(";")):
                closing.exec_driver_sql(statement)
            close_months(closing, 1, TODAY.replace(day=1))
        print(f"  every month that is over is closed in {perf_counter() - start:.0f} s", flush=True)
        connection.exec_driver_sql("SET work_mem = '4MB'")
        connection.exec_driver_sql("VACUUM ANALYZE")
        sizes = connection.exec_driver_sql(
            """SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class
               WHERE relkind = 'r' AND (relname = 'response' OR starts_with(relname, 'rollup')) ORDER BY relname"""
        ).all()
        print("  sizes: " + ", ".join(f"{name} {size}" for name, size in sizes), flush=True)
