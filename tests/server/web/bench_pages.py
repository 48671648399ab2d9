"""Prints how long pages take in a process of `pet web` of its own, how long a chart is drawn, and what memory it takes.

The case study's size: thirty devices, two years. PET_BENCH_RESPONSES=10000000 makes it 1,000 devices.
make bench ARGS=tests/server/web/bench_pages.py
"""

import os
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter

import psutil
from sqlalchemy.orm import Session

from server.accounts.grants import grant
from server.accounts.nodes import WHOLE
from server.accounts.people import add_person
from server.api.stats.control import ControlAnswer
from server.web.chart import FRAMES
from server.web.control_chart import draw_control
from tests.server.aggregates.bench_measures import load_average, machine
from tests.server.aggregates.large import LARGE, TRUST, load
from tests.server.conftest import Site
from tests.server.web.test_command import environment, start, wait_until_ready  # noqa: F401 - a fixture

RESPONSES = int(os.environ.get("PET_BENCH_RESPONSES", "30000"))
RUNS = int(os.environ.get("PET_BENCH_RUNS", "40"))
SIZE = TRUST if RESPONSES < 1_000_000 else LARGE
BAR_MS = 300 if SIZE is TRUST else 500
MEMORY_BAR_MB = 300
CHART_BAR_MS = 5
PAGES = ("/", "/?period=2026", "/services/s1", "/teams/t1", "/devices/00000001", "/questions/question1")
MORE = ("/league", "/improve", "/reports", "/try")


def test_print_how_long_pages_take(engine, environment):  # noqa: F811
    load(engine, RESPONSES, size=SIZE)
    with Session(engine) as session, session.begin():
        person = add_person(session, 1, "visitor@localhost", "Visitor", datetime.now(UTC))
        grant(session, person, "administrator", WHOLE, "bench", datetime.now(UTC))
    environment["PET_LOCAL_VIEWER"] = "visitor@localhost"
    print(f"  {machine(engine)}; {SIZE.devices} devices, {RESPONSES:,} responses; load {load_average()}")
    process = start(environment, stderr=None)
    try:
        wait_until_ready(environment["PET_WEB_PORT"], process)
        site = Site(int(environment["PET_WEB_PORT"]))
        for page in (*PAGES, *MORE):
            report(page, lambda page=page: took(site, page), BAR_MS)
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        late = "" if memory < MEMORY_BAR_MB else "   OVER THE BAR"
        print(f"  memory of the process after all of it: {memory:.0f} MB, bar {MEMORY_BAR_MB}{late}")
        answer = site.get("/api/v1/stats/spc?granularity=week&period=2026")
        chart = ControlAnswer.model_validate(answer.json())
        report("a control chart of a year, drawn", lambda: drawn(chart), CHART_BAR_MS)
        site.close()
    finally:
        process.terminate()
        process.wait()
    print(f"  load {load_average()} when it ended")


def took(site, page):
    """Milliseconds until the last byte."""
    start = perf_counter()
    answer = site.page(page)
    elapsed = perf_counter() - start
    assert answer.status_code == 200, answer.text
    return 1000 * elapsed


def drawn(chart):
    """Milliseconds for one of its frames."""
    start = perf_counter()
    draw_control(chart, FRAMES[0])
    return 1000 * (perf_counter() - start)


def report(what, run, bar):
    run()
    cuts = quantiles([run() for _ in range(RUNS)], n=20)
    late = "" if cuts[18] <= bar else f"   OVER THE BAR of {bar}"
    print(f"  {what:34} {cuts[9]:7.1f} / {cuts[18]:7.1f} ms, p50 / p95 of {RUNS}{late}", flush=True)
