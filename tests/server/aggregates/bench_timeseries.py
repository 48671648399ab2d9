"""Prints how long the figures of a large organisation take: 1,000 devices, two years, three questions."""

import time
from datetime import UTC, date, datetime
from statistics import quantiles

from sqlalchemy.orm import Session

from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Names, find_place, find_scope
from server.aggregates.timeseries import timeseries
from tests.server.figures import Figures

DEVICES = 1000
RUNS = 20
TODAY = date(2026, 11, 23)


def test_print_how_long_a_series_takes(engine):
    figures = Figures(engine)
    names = [
        figures.device(f"PET-{number:04}", team=("haywood", "leek", "north")[number % 3]) for number in range(DEVICES)
    ]
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(
            """INSERT INTO rollup_day (organisation_id, device_id, team_id, reference, position, day, flagged,
                                        n1, n2, n3, n4, n5, n6, skipped, timed_out)
                SELECT p.organisation_id, p.device_id, p.team_id, 1, position, date '2024-11-24' + day * 3, false,
                       2, 1, 0, 1, 0, 0, 0, 0
                FROM placement p, generate_series(1, 3) position, generate_series(0, 242) day"""
        ).rowcount
        connection.exec_driver_sql(
            """INSERT INTO rollup_response_day (organisation_id, device_id, team_id, reference, day, flagged,
                                                complete, partial, declined)
               SELECT organisation_id, device_id, team_id, reference, day, flagged, 4, 0, 0
               FROM rollup_day WHERE position = 1"""
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    print(f"\n{rows:,} rows of {DEVICES:,} devices; milliseconds, median / 95 % of {RUNS}")
    year = Period(date(2025, 11, 23), date(2026, 11, 23))
    for what, asked, period in (
        ("all, 2 years", Names(), Period(None, None)),
        ("all, one question, 1 year", Names(questions=["food"]), year),
        ("one service, 1 year", Names(services=["home"]), year),
        ("one device, 2 years", Names(devices=names[:1]), Period(None, None)),
    ):
        times = [_time(engine, figures, asked, period) for _ in range(RUNS)]
        cuts = quantiles(times, n=20)
        print(f"  {what:28} {cuts[9]:8.1f} / {cuts[18]:8.1f}")
    print("as of", datetime.now(UTC).date())


def _time(engine, figures, names, period):
    with Session(engine) as session:
        scope = find_scope(session, find_place(session, figures.organisation_id), names)
        start = time.perf_counter()
        series = timeseries(session, scope, period, Granularity.WEEK, TODAY)
        elapsed = time.perf_counter() - start
    assert series.totals.responses > 0
    return 1000 * elapsed
