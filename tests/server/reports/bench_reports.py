"""How long reports take: the figures of a month of 30 devices after two years, its PDF, and thirty of both."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import product
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.reports.building import Key, build
from server.reports.kinds import Kind
from server.reports.making import Wanted, file_of, find_report, make_report
from tests.server.figures import Pass

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DEVICES, RESPONSES, DAYS, REPORTS = 30, 30_000, 730, 30
PDF_S_MAX, ALL_S_MAX = 1.0, 30.0


@pytest.fixture
def trust(figures):
    """Thirty devices in three teams, two years."""
    dice = random.Random(1)
    figures.target("0.85")
    teams = ("haywood", "leek", "north")
    devices = [
        (figures.device(f"PET-{number:04}", team=teams[number % 3]), teams[number % 3]) for number in range(DEVICES)
    ]
    figures.enter(
        Pass(
            device,
            date(2026, 11, 22) - timedelta(days=dice.randrange(DAYS)),
            dice.choices(((1, 1, 1), (5, 2, 4)), (85, 15))[0],
            team=team,
        )
        for device, team in (dice.choice(devices) for _ in range(RESPONSES))
    )
    return figures


def made(engine, viewer, wanted):
    with Session(engine) as session, session.begin():
        row = make_report(session, viewer, wanted, NOW, NOW.date()).revision
        key = Key(row.organisation_id, row.report_id, row.revision)
    assert build(engine, key, lambda: NOW)
    return key.report_id


def test_thirty_reports_and_their_files(trust, engine):
    viewer = everything(trust.organisation_id, "bench")
    months = [date(2026, 10 - back, 1) if back < 10 else date(2025, 22 - back, 1) for back in range(REPORTS // 3)]
    builds, pdfs, sizes = [], [], []
    for month, kind in product(months, Kind):
        start = perf_counter()
        number = made(engine, viewer, Wanted(kind, month))
        builds.append(perf_counter() - start)
        with Session(engine) as session, session.begin():
            start = perf_counter()
            sizes.append(len(file_of(find_report(session, viewer, number).revision, "pdf")))
            pdfs.append(perf_counter() - start)
    whole = sum(builds) + sum(pdfs)
    memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{len(pdfs)} reports of {RESPONSES:,} responses, {DEVICES} devices: {whole:.1f} s; figures of one "
        f"{1000 * median(builds):.0f} ms, PDF {1000 * median(pdfs):.0f} ms (longest {1000 * max(pdfs):.0f}), "
        f"{max(sizes) / 1024:.0f} KB; {memory:.0f} MB in this process"
    )
    assert max(pdfs) < PDF_S_MAX
    assert whole < ALL_S_MAX
