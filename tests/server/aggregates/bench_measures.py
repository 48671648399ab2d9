"""Prints how long the figures of a large organisation take, in the database and through the interface.

PET_BENCH_RESPONSES=10000000 make bench ARGS=tests/server/aggregates/bench_measures.py; without it, 200,000.
"""

import os
import platform
import re
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import quantiles

from sqlalchemy import event
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer, everything
from server.aggregates.counts import passes, tallies
from server.aggregates.delivery import delivery
from server.aggregates.dimensions import TEAM, bucket
from server.aggregates.distributions import option_counts
from server.aggregates.freshness import freshness
from server.aggregates.heatmap import heatmap
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Names, find_place, find_scope
from server.aggregates.timeseries import timeseries
from server.api.figures import LATE_AFTER
from server.app import create_app
from server.ingest.recount import rollup_differences
from tests.server.aggregates.large import TODAY, load
from tests.server.conftest import serving

RESPONSES = int(os.environ.get("PET_BENCH_RESPONSES", "200000"))
RUNS = int(os.environ.get("PET_BENCH_RUNS", "40"))
COMPARED_UP_TO = 500_000  # beyond, a recount takes minutes; the generator is the same
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
YEAR = Period(date(2025, 11, 1), date(2026, 11, 1))
WEEKS = Period(date(2025, 10, 27), date(2026, 10, 26))
MONTH = Period(date(2026, 10, 1), date(2026, 11, 1))
BARS_MS = {"database": 50, "interface": 100}

QUESTIONS = {
    "summary, 12 months": lambda session, scope: tallies(session, scope, YEAR),
    "time series by week, 12 months": lambda session, scope: timeseries(session, scope, WEEKS, Granularity.WEEK, TODAY),
    "distribution, 12 months": lambda session, scope: option_counts(session, scope, YEAR),
    "SPC by week, 12 months": lambda session, scope: (
        tallies(session, scope, Period(None, WEEKS.first), [bucket(Granularity.WEEK)]),  # its limits rest on these
        timeseries(session, scope, WEEKS, Granularity.WEEK, TODAY),
    ),
    "league, last month": lambda session, scope: passes(session, scope, MONTH, [TEAM]),
    "teams, 12 months": lambda session, scope: tallies(session, scope, YEAR, [TEAM]),
    "heat map, 12 months": lambda session, scope: heatmap(session, scope, YEAR),
    "how far devices have delivered": lambda session, scope: delivery(session, scope, NOW, NOW - LATE_AFTER),
    "what an ETag is made of": lambda session, scope: freshness(session, scope.place.organisation_id),
}
ADDRESSES = {
    "summary, 12 months": f"summary?from={YEAR.first}&to={YEAR.after}",
    "time series by week, 12 months": f"timeseries?granularity=week&from={WEEKS.first}&to={WEEKS.after}",
    "distribution, 12 months": f"distribution?from={YEAR.first}&to={YEAR.after}",
    "league, last month": "league?period=last-month",
    "heat map, 12 months": f"heatmap?from={YEAR.first}&to={YEAR.after}",
    "SPC by week, last quarter": "spc?granularity=week&from=2026-07-27&to=2026-10-26",
    "concerns, last month": "concerns?period=last-month",
    "SPC by week, 12 months": f"spc?granularity=week&from={WEEKS.first}&to={WEEKS.after}",
}

INSIDE_ONLY = {"heat map, 12 months"}


def test_print_how_long_figures_take(engine, settings):
    load(engine, RESPONSES)
    if RESPONSES <= COMPARED_UP_TO:
        with engine.connect() as connection:
            assert rollup_differences(connection) == {}
    viewers = {"inside": everything(1, "bench"), "outside": Viewer(1, "board", {Right.SEE_FIGURES: None})}
    print(f"  {machine(engine)}")
    print(f"  milliseconds, p50 / p95 of {RUNS}; bars {BARS_MS}; load {load_average()} when it began")
    for view, viewer in viewers.items():
        told = [what for what in QUESTIONS if view == "inside" or what not in INSIDE_ONLY]
        for what, ask in ((what, QUESTIONS[what]) for what in told):
            report(view, what, "database", lambda ask=ask, viewer=viewer: in_database(engine, viewer, ask))
        with asking(settings, viewer) as get:
            for what, address in ((what, ADDRESSES[what]) for what in told if what in ADDRESSES):
                report(view, what, "interface", lambda get=get, address=address: through_interface(get, address))
    print(f"  load {load_average()} when it ended")


def machine(engine):
    """Whose figures these are."""
    with engine.connect() as connection:
        postgres = connection.exec_driver_sql("SHOW server_version").scalar()
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"]
    answer = subprocess.run(describe, capture_output=True, text=True, check=False)
    commit = answer.stdout.strip() or "unknown"
    return f"{processor()}, {os.cpu_count()} processors, PostgreSQL {postgres}, commit {commit}"


def processor():
    """Its name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    named = re.search("model name.*: (.*)", told.read_text(encoding="utf-8")) if told.exists() else None
    return named[1] if named else platform.processor() or platform.machine()


def load_average():
    """How many processes want to run, of others too."""
    return f"{os.getloadavg()[0]:.1f}"


def report(view, what, where, run):
    run()
    cuts = quantiles([run() for _ in range(RUNS)], n=20)
    late = "" if cuts[18] <= BARS_MS[where] else "   OVER THE BAR"
    print(f"  {view:8} {what:32} {where:10} {cuts[9]:7.1f} / {cuts[18]:7.1f}{late}", flush=True)


def in_database(engine, viewer, ask):
    """Milliseconds that PostgreSQL takes, from sending each statement to having its rows."""
    spent = []
    started = []

    def before(*_):
        started.append(time.perf_counter())

    def after(*_):
        spent.append(time.perf_counter() - started.pop())

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        with Session(engine) as session:
            scope = find_scope(session, find_place(session, 1), Names(), viewer, TODAY)
            assert ask(session, scope)
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
    return 1000 * sum(spent)


@contextmanager
def asking(settings, viewer):
    app = create_app(settings, now=lambda: NOW)
    with serving(app) as site:
        site.viewer = viewer
        yield site.get


def through_interface(get, address):
    start = time.perf_counter()
    answer = get(f"/api/v1/stats/{address}")
    elapsed = time.perf_counter() - start
    assert answer.status_code == 200, answer.text
    return 1000 * elapsed
