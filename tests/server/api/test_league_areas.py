"""The league is of those who asked to be in it: the others are counted, and named to nobody but their own."""

import pytest
from sqlalchemy import text

from tests.server.api.asking import ask, pointers, somebody
from tests.server.api.year import enter_year, insider, outsider

OCTOBER = {"period": "2026-10"}


def codes(site, by):
    answer = site.get("/api/v1/stats/league", OCTOBER | {"by": by})
    assert answer.status_code == 200, answer.text
    return [row["code"] for row in answer.json()["data"]], answer.json()["not_taking_part"]


def known(site):
    rows = ask(site, "GET", "/league/areas").json()["data"]
    return {f"{row['scope']}:{row['name']}": row["opted_in"] for row in rows}


def say(site, scope, name, opted_in, status=200):
    answer = ask(site, "PUT", "/league/areas", json={"scope": scope, "name": name, "opted_in": opted_in})
    assert answer.status_code == status, answer.text
    return answer


def test_nobody_is_in_the_league_who_did_not_ask(figures, site):
    enter_year(figures)
    for by, everybody in (("team", 3), ("service", 2), ("device", 4)):
        assert codes(site, by) == ([], everybody)


def test_a_service_s_word_holds_for_its_teams_until_they_say_another(figures, site):
    enter_year(figures)
    say(site, "service", "beds", True)
    assert codes(site, "team") == (["haywood", "leek"], 1)
    assert codes(site, "service") == (["beds"], 1)
    assert codes(site, "device") == (["00000001", "00000002"], 2)
    say(site, "team", "leek", False)
    assert codes(site, "team") == (["haywood"], 2)
    assert codes(site, "device") == (["00000001"], 3)
    say(site, "team", "north", True)
    assert codes(site, "team") == (["haywood", "north"], 1)


def test_who_does_not_take_part_is_named_to_their_own_people_only(figures, site):
    figures.opt_in(team="haywood")
    site.viewer = insider(figures, "leek")
    assert known(site) == {"service:beds": False, "team:leek": False}
    site.viewer = outsider(figures)
    assert known(site) == {"team:haywood": True}
    assert "leek" not in site.get("/api/v1/stats/league", OCTOBER).text


def test_an_area_s_own_people_say_it_and_the_audit_log_has_it(figures, site, engine):
    site.viewer = somebody("manager", figures.teams["leek"], actor="the manager")
    answer = say(site, "team", "leek", True).json()
    assert answer == {
        "scope": "team",
        "name": "leek",
        "opted_in": True,
        "said": True,
        "said_by": "the manager",
        "said_at": "2026-11-23T01:40:00Z",
    }
    say(site, "team", "leek", True)
    say(site, "team", "leek", False)
    with engine.connect() as connection:
        query = "SELECT actor, action FROM audit_log WHERE action LIKE 'league_choice%' ORDER BY sequence"
        found = connection.execute(text(query)).all()
    assert found == [("the manager", f"league_choice {what}") for what in ("insert", "update")]
    site.viewer = somebody("matron", figures.teams["haywood"])
    assert pointers(say(site, "team", "leek", True, 404)) == ["/body/name"]
    say(site, "service", "beds", True, 403)
    site.viewer = somebody("commissioner")
    say(site, "team", "leek", True, 403)


@pytest.mark.usefixtures("figures")
def test_an_answer_that_is_held_is_not_said_to_be_the_same_after_somebody_joined(figures, site):
    enter_year(figures)
    first = site.get("/api/v1/stats/league", OCTOBER)
    figures.opt_in(team="north")
    second = site.get("/api/v1/stats/league", OCTOBER, **{"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
