"""A cursor holds whatever a stranger wrote into it: no such thing is ever an error of the server's own."""

import json

import pytest

from server.api.cursors import make_cursor
from server.api.description import operations
from tests.parts import ROOT
from tests.server.api.asking import pointers
from tests.server.ingest.ward import Ward

PARTS = [
    "", "x", "a\x00b", "\ud800", "2026-11-23", "2026-11-23T09:00:00", "2026-11-23T09:00:00+00:00", "0001-01-01",
    "9999-12-31T23:59:59-23:59", "0g", "00", -1, 0, 1, 2**31, 2**63, -(2**63) - 1, 10**80,
]  # fmt: skip

pytestmark = pytest.mark.usefixtures("fleet")


def paged():
    """The paths of the reference that take a cursor, with a device of the fleet in them."""
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    for path, operation in operations(document):
        if "cursor" in {parameter["name"] for parameter in operation.get("parameters", [])}:
            yield path.replace("{device}", "00000001")


@pytest.fixture
def fleet(engine):
    ward = Ward(engine)
    ward.handheld("A")
    return ward


def test_a_forged_cursor_is_refused_and_never_a_server_error(site):
    paths = list(paged())
    assert len(paths) >= 6
    statuses = set()
    for path in paths:
        places = [[], [1, 1]] + [[part] for part in PARTS]
        if path.endswith("/responses"):
            places += [["2026-11-23", number, "00", 1] for number in PARTS] + [[part, 1, "00", 1] for part in PARTS]
            places += [["2026-11-23", 1, part, 1] for part in PARTS]
        if path.endswith("/alerts"):
            places += [["2026-11-23T09:00:00+00:00", part] for part in PARTS] + [[part, "x"] for part in PARTS]
        for place in places:
            answer = site.get(path, {"cursor": make_cursor([], place)})
            assert answer.status_code in (200, 422), (path, place, answer.text)
            statuses.add((path, answer.status_code))
            if answer.status_code == 422:
                assert pointers(answer) == ["/query/cursor"]
    assert statuses >= {(path, status) for path in paths for status in (200, 422)}


def test_health_goes_on_from_an_instant_only(site):
    path = "/api/v1/devices/00000001/health"
    for word, status in (("yesterday", 422), ("2026-11-23T09:00:00", 422), ("2026-11-23T09:00:00+00:00", 200)):
        assert site.get(path, {"cursor": make_cursor([], [word])}).status_code == status, word
