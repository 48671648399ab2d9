"""Share links: one question's figures, as to somebody outside, to whoever has the address, until it expires."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from server.accounts.people import disable, find_person
from tests.server.accounts.conftest import START
from tests.server.figures import Pass

SHARES = "/api/v1/shares"
QUERY = "service=beds&from=2026-09-01&to=2026-11-01&granularity=month"


@pytest.fixture
def busy(figures):
    """October: 40 answers of leek; 3 of north."""
    leek, north = figures.device("PET-1", team="leek"), figures.device("PET-2", team="north")
    figures.enter([Pass(leek, date(2026, 10, 5), (1, 1, 1), team="leek")] * 40)
    figures.enter([Pass(north, date(2026, 10, 5), (1, 1, 1), team="north")] * 3)


@pytest.fixture
def anna(people, visit):
    return visit(people.add("anna", manager="service:beds"))


def new(client, query=QUERY, days=30):
    expires = (START + timedelta(days=days)).isoformat()
    return client.post(SHARES, json={"name": "for the board", "query": query, "expires_at": expires})


def api(path):
    return path.replace("/shared/", "/api/v1/shared/")


@pytest.mark.usefixtures("busy")
def test_whoever_has_the_address_sees_the_figures_and_nothing_else(anna, visit):
    made = new(anna).json()
    stranger = visit()
    answer = stranger.get(api(made["path"])).json()
    assert answer["totals"]["n"] == 120
    assert answer["meta"]["view"] == "outside"
    page = stranger.get(made["path"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "for the board" in page.text
    assert "North" not in page.text
    assert 'id="filters"' not in page.text
    for path in ("/api/v1/meta", "/api/v1/stats/timeseries", "/api/v1/session", "/try"):
        assert stranger.get(path).status_code == 401
    secret = made["path"].removeprefix("/shared/")
    assert visit(authorization=f"Bearer {secret}").get("/api/v1/meta").status_code == 401


@pytest.mark.usefixtures("busy")
def test_its_links_open_the_same_figures_as_tables(anna, visit, engine, figures):
    address = api(new(anna).json()["path"])
    stranger = visit()
    answer = stranger.get(address)
    links = answer.json()["links"]
    assert links == {"self": address, "csv": f"{address}?format=csv", "xlsx": f"{address}?format=xlsx"}
    lines = stranger.get(links["csv"]).text.splitlines()
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert [(row["period"], row["n"]) for row in rows] == [("2026-09", "0"), ("2026-10", "120")]
    book = stranger.get(links["xlsx"])
    assert book.headers["content-disposition"] == 'attachment; filename="pet-shared.xlsx"'  # no secret in its name
    assert stranger.get(address, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    for more in ("service=home", "period=all", "format=ndjson", "format=csv&format=csv"):
        assert stranger.get(f"{address}?{more}").status_code == 422, more
    with Session(engine) as session, session.begin():
        disable(session, find_person(session, figures.organisation_id, "anna@example.org"))
    assert stranger.get(links["csv"]).status_code == 404


@pytest.mark.usefixtures("busy")
def test_it_is_shown_once(anna):
    new(anna)
    [listed] = anna.get(SHARES).json()["data"]
    assert "path" not in listed
    assert "pets_" not in str(listed)
    assert listed["query"] == QUERY


@pytest.mark.usefixtures("busy")
def test_it_ends_when_it_expires_is_revoked_or_its_maker_may_no_longer_share(anna, visit, clock, engine, figures):
    stranger = visit()
    short, revoked, orphan = (new(anna, days=days).json() for days in (1, 30, 30))
    anna.delete(f"{SHARES}/{revoked['share']}")
    assert stranger.get(api(revoked["path"])).status_code == 404
    assert stranger.get(api(short["path"])).status_code == 200
    clock.wait(days=1)
    assert stranger.get(api(short["path"])).status_code == 404
    assert stranger.get(api(orphan["path"])).status_code == 200
    with Session(engine) as session, session.begin():
        disable(session, find_person(session, figures.organisation_id, "anna@example.org"))
    assert stranger.get(api(orphan["path"])).status_code == 404


@pytest.mark.usefixtures("busy")
def test_only_what_its_maker_may_share_can_be_shared(anna, people, visit):
    assert new(anna, "service=home&from=2026-09-01&to=2026-11-01&granularity=month").status_code == 422
    for never in ("colour=red", "include_flagged=true", "period=this-week", "granularity=day"):
        assert new(anna, never).json()["errors"][0]["pointer"] == "/body/query", never
    assert new(anna, days=93).json()["errors"][0]["pointer"] == "/body/expires_at"
    assert new(visit(people.add("bob", matron="organisation"))).status_code == 403


@pytest.mark.parametrize("secret", ["x", "pets_" + "x" * 43, "pet_" + "x" * 43, "%00"])
def test_a_wrong_address_shows_nothing(visit, secret):
    assert visit().get(f"/shared/{secret}").status_code == 404
    assert visit().get(f"/api/v1/shared/{secret}").status_code == 404
