"""ETags: an answer is sent once, and nobody is told by another's that theirs is unchanged."""

import pytest

from tests.server.api.asking import somebody
from tests.server.api.year import insider, outsider
from tests.server.conftest import NOW
from tests.server.figures import Pass

PATHS = ("/api/v1/stats/timeseries", "/api/v1/stats/summary", "/api/v1/meta", "/api/v1/people")


@pytest.fixture
def device(figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, NOW.date(), (1, 1, 1))] * 12)
    return device


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("path", PATHS)
def test_who_holds_an_answer_is_told_so(site, path):
    first = site.get(path)
    assert first.status_code == 200, first.text
    assert first.headers["cache-control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= {name.strip() for name in first.headers["vary"].split(",")}
    for held in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
        again = site.get(path, **{"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert site.get(path, **{"if-none-match": '"other"'}).status_code == 200


def test_a_new_answer_a_target_and_a_status_change_it(figures, device, site):
    tags = [site.get("/api/v1/stats/summary").headers["etag"]]
    changes = (
        lambda: figures.enter([Pass(device, NOW.date(), (5, 2, 5))]),
        lambda: figures.target("0.85"),
        lambda: figures.heard(device, NOW, last_sequence=3),
    )
    for change in changes:
        change()
        tags.append(site.get("/api/v1/stats/summary").headers["etag"])
    assert len(set(tags)) == 4


@pytest.mark.usefixtures("device")
def test_each_viewer_and_form_has_its_own(figures, site):
    tags = set()
    for viewer in (None, outsider(figures), insider(figures, "haywood"), insider(figures, "leek")):
        site.viewer = viewer
        for form in ("json", "csv", "xlsx"):
            tags.add(site.get("/api/v1/stats/summary", {"format": form}).headers["etag"])
    assert len(tags) == 12


@pytest.mark.usefixtures("device")
def test_who_is_told_every_hour_shares_no_answer_with_who_is_not(figures, site):
    tags = set()
    for role in ("auditor", "manager"):
        site.viewer = somebody(role, figures.teams["haywood"])
        tags.add(site.get("/api/v1/responses").headers["etag"])
    assert len(tags) == 2


@pytest.mark.usefixtures("device")
def test_the_order_of_parameters_does_not_matter_and_their_values_do(site):
    path = "/api/v1/stats/summary"
    both = (f"{path}?team=leek&team=haywood&period=2026-11", f"{path}?period=2026-11&team=haywood&team=leek")
    assert len({site.get(each).headers["etag"] for each in both}) == 1
    assert (
        site.get(f"{path}?period=2026-10&team=haywood&team=leek").headers["etag"] != site.get(both[0]).headers["etag"]
    )


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/stats/summary", {"team": "nowhere"}, 404),
        ("/api/v1/stats/summary", {"period": "2027"}, 200),
        ("/api/v1/stats/timeseries", {"granularity": "hour", "period": "all"}, 422),
        ("/api/v1/stats/fft", {"month": "2026-13"}, 422),
        ("/api/v1/responses", {"team": "nowhere"}, 404),
        ("/api/v1/charts/spc.svg", {"team": "nowhere"}, 404),
        ("/api/v1/audits/99", {}, 404),
    ],
)
def test_a_refusal_is_no_answer_to_be_held(site, path, query, status):
    """A condition is about an answer that there is (RFC 9110, 13.2.1)."""
    refused = site.get(path, query)
    assert (refused.status_code, "etag" in refused.headers) == (status, status == 200)
    assert site.get(path, query, **{"if-none-match": "*"}).status_code == (304 if status == 200 else status)
