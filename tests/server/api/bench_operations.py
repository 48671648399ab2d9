"""Prints how long a monitoring system waits for /alerts and /metrics of a thousand devices that sync each hour.

PET_BENCH_DAYS=90 make bench ARGS=tests/server/api/bench_operations.py; without it, 14 days.
"""

import os
import time
from datetime import UTC, datetime
from statistics import quantiles

from sqlalchemy import text

from server.accounts.viewer import everything
from server.app import create_app
from tests.server.aggregates.bench_measures import load_average, machine
from tests.server.aggregates.large import LARGE, organisation_of
from tests.server.conftest import serving

DAYS = int(os.environ.get("PET_BENCH_DAYS", "14"))
RUNS = int(os.environ.get("PET_BENCH_RUNS", "40"))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BAR_MS = 100
# Low batteries of three days, full storage of a week, clocks that were never set, devices silent for a day and a half,
# and answers that are lost: one device in ten has an alert.
# ruff: noqa: S608 - no word of this comes from outside
FLEET = f"""
INSERT INTO journal (organisation_id, device_id, journal_id, stored_through, first_seen_at)
    SELECT 1, n, '\\x0001', 1000 - CASE WHEN n % 50 = 0 THEN 5 ELSE 0 END, :now
    FROM generate_series(1, {LARGE.devices}) n;
INSERT INTO connection (organisation_id, device_id, device_nonce, server_nonce, key_epoch, session, seconds, clock,
    quality, journal_id, acked_through, last_sequence, oldest_readable, desired_revision, battery_mv, free_slots,
    all_slots, application, base, counters, received_at, confirmed_at)
SELECT 1, n, int8send(CAST(h * 100000 + n AS bigint)), '\\x01', 1, h, 10,
    CASE WHEN n % 100 = 3 THEN 0 ELSE CAST(extract(epoch FROM at) AS bigint) - 1577836800 END,
    3, '\\x0001', 1000 - h, 1000, 1, 4, CASE WHEN n % 20 = 1 AND h < 72 THEN 3500 ELSE 3900 END,
    CASE WHEN n % 50 = 2 AND h < 168 THEN 100 ELSE 900 END, 1000, '0.1.0', '1.29-esp32', '{{}}', at,
    at + interval '1 second'
FROM generate_series(1, {DAYS * 24}) h, generate_series(1, {LARGE.devices}) n,
    LATERAL (SELECT CAST(:now AS timestamptz) - make_interval(hours => h) + make_interval(secs => n) AS at) AS sync
WHERE NOT (n % 100 = 4 AND h < 36);
INSERT INTO evidence (organisation_id, device_id, journal_id, first_sequence, digest, payload, key_epoch, received_at)
    SELECT 1, n, '\\x0001', d, int8send(d), '\\x00', 1, :now
    FROM generate_series(1, {DAYS * 6}) d, generate_series(1, {LARGE.devices}) n;
INSERT INTO gap (organisation_id, device_id, journal_id, first_sequence, last_sequence, recorded_at, reason)
    SELECT 1, n, '\\x0001', 1, 2, :now, 'unreadable' FROM generate_series(1, {LARGE.devices}) n WHERE n % 200 = 5
"""
ADDRESSES = ("/api/v1/alerts?limit=200", "/api/v1/alerts?acknowledged=false", "/api/v1/devices?limit=200", "/metrics")


def test_print_how_long_alerts_and_metrics_take(engine, settings):
    fill(engine)
    app = create_app(settings, now=lambda: NOW)
    devices = LARGE.devices
    print(
        f"\n  {devices:,} devices, {devices * DAYS * 24:,} statuses, {devices * DAYS * 6:,} batches; {machine(engine)}"
    )
    print(f"  milliseconds, p50 / p95 of {RUNS}; bar {BAR_MS}; load {load_average()} when it began")
    with serving(app) as site:
        site.viewer = everything(1, "bench")
        for address in ADDRESSES:
            asked(site, address)
            cuts = quantiles([asked(site, address) for _ in range(RUNS)], n=20)
            late = "" if cuts[18] <= BAR_MS else "   OVER THE BAR"
            print(f"  {address:36} {cuts[9]:7.1f} / {cuts[18]:7.1f}{late}", flush=True)
    print(f"  load {load_average()} when it ended")


def fill(engine):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET session_replication_role = replica; SET synchronous_commit = off")
        connection.exec_driver_sql(organisation_of(LARGE))
        for statement in FLEET.split(";"):
            connection.execute(text(statement), {"now": NOW} if ":now" in statement else {})
        connection.exec_driver_sql("VACUUM ANALYZE")


def asked(site, address):
    start = time.perf_counter()
    answer = site.get(address)
    elapsed = time.perf_counter() - start
    assert answer.status_code == 200, answer.text
    return 1000 * elapsed
