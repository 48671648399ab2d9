"""What monitoring reads: the figures of the database, of the fleet and of this process, and nobody's name."""

from datetime import date, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from protocol.envelope import BATCH
from server.accounts.viewer import Viewer
from server.api.visits import Visits
from server.ingest.replay import replay
from tests.server.api.asking import ask, somebody
from tests.server.api.test_api_document import documented
from tests.server.conftest import NOW as MONDAY
from tests.server.figures import Pass
from tests.server.ingest.ward import NOW


@pytest.fixture
def line(clocked_site):
    return clocked_site


def read(site):
    """{name: {labels: value}}, labels in the order of their names."""
    answer = site.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_the_numbers_are_the_database_s(ward, line, clock):
    first, second = ward.handheld("A"), ward.handheld("B", placed_at=None)
    for _ in range(3):
        first.answer()
    first.records.append(None)  # lost
    ward.sync(first)
    first.answer()
    first.answer()
    first.clock += timedelta(minutes=5)
    ward.meet(first)
    first.take(ward.process(first.batch(count=1)))  # one still waits
    second.answer()
    ward.sync(second)  # placed nowhere: it lies apart
    ward.process(first.sealed(BATCH, b"", key=bytes(32)))
    clock.now = first.clock + timedelta(seconds=90)
    found = read(line)
    assert found["pet_responses"] == {
        ("false", "complete"): 4,
        ("false", "partial"): 0,
        ("false", "declined"): 0,
        ("true", "complete"): 0,
        ("true", "partial"): 0,
        ("true", "declined"): 0,
    }
    assert (found["pet_records"][()], found["pet_batches"][()], found["pet_lost_records"][()]) == (5, 3, 1)
    assert (
        found["pet_refused_messages_total"]
        == {("hmac",): 1}
        == {(reason,): count for reason, count in ward.refusals().items()}
    )
    assert found["pet_quarantined_records"] == {(reason,): count for reason, count in ward.reasons().items()}
    assert sum(found["pet_quarantined_records"].values()) == 1
    assert found["pet_last_receipt_age_seconds"][()] == 90
    assert found["pet_database_bytes"][()] > 1_000_000
    assert found["pet_devices"] == {("active",): 2, ("lost",): 0, ("revoked",): 0, ("retired",): 0}
    assert (found["pet_devices_waiting"][()], found["pet_waiting_records"][()]) == (1, 1)
    assert (found["pet_devices_late"][()], found["pet_alerts"]["false", "lost records"]) == (0, 1)
    ward.place("B", "day", NOW - timedelta(days=1))
    with ward.engine.begin() as connection:
        assert replay(connection, clock.now).delivered == 1
    assert "pet_quarantined_records" not in read(line)
    clock.wait(days=3)
    later = read(line)
    assert (later["pet_devices_late"][()], later["pet_alerts"]["false", "overdue"]) == (2, 2)
    overdue, _ = ask(line, "GET", "/alerts?kind=overdue").json()["data"]
    assert ask(line, "POST", f"/alerts/{overdue['alert']}/ack").status_code == 200
    assert read(line)["pet_alerts"]["true", "overdue"] == 1
    assert later["pet_last_receipt_age_seconds"][()] == 90 + 3 * 86400


def test_of_a_line_on_which_nothing_came_no_age_is_said_and_each_metric_is_told(figures, site):
    assert figures
    assert "pet_last_receipt_age_seconds" not in read(site)
    site.get("/healthz")
    figures.heard(figures.device("PET-1"), MONDAY - timedelta(seconds=30))
    found = read(site)
    assert found["pet_last_receipt_age_seconds"][()] == 30
    assert sorted(found.keys() | {"pet_refused_messages_total", "pet_quarantined_records"}) == sorted(
        documented("/metrics")
    )
    assert "PET-1" not in site.get("/metrics").text


def test_only_whoever_sees_the_whole_fleet_reads_them(figures, site):
    for viewer, status in (
        (somebody("operations"), 200),
        (somebody("operations", figures.teams["leek"]), 403),
        (somebody("board"), 403),
        (Viewer(figures.organisation_id, "nobody"), 403),
    ):
        site.viewer = viewer
        assert site.get("/metrics").status_code == status, viewer


def test_another_organisation_s_are_not_counted(figures, site, engine):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 11, 2), (1, 1, 1))])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisation (name, timezone) VALUES ('Other', 'Europe/London')"))
    assert sum(read(site)["pet_responses"].values()) == 1
    site.viewer = Viewer(figures.organisation_id + 1, "other", dict.fromkeys(somebody("operations").reach))
    found = read(site)
    assert sum(found["pet_responses"].values()) == sum(found["pet_devices"].values()) == 0


def test_requests_are_counted_by_class_and_never_by_address(figures, site):
    assert figures
    read(site)
    before = read(site)["pet_http_requests_total"]
    site.get("/api/v1/stats/summary")
    site.get("/api/v1/stats/summary?period=never")
    site.page("/")
    after = read(site)["pet_http_requests_total"]
    grown = {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)}
    assert grown == {("figures", "2xx"): 1, ("figures", "4xx"): 1, ("page", "2xx"): 1, ("operations", "2xx"): 1}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/v1/public/beds", "public"),
        ("/api/v1/shared/pets_x", "shared"),
        ("/api/v1/charts/spc.svg", "picture"),
        ("/api/v1/devices", "interface"),
        ("/static/chart.css", "static"),
        ("/sign-in", "page"),
    ],
)
def test_each_address_is_of_one_class(path, route):
    visits = Visits()
    visits.note(path, 200)
    assert visits.counts == {(route, "2xx"): 1}
