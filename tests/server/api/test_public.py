"""What anybody reads of a service: its approved texts in their time, and nothing that was not approved or counts."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from server.app import create_app
from server.fleet.organisations import organisation_of
from server.fleet.scope import parse_scope
from server.fleet.texts import add_text, approve_text, end_text
from tests.server.api.asking import ask, pointers, somebody
from tests.server.conftest import NOW, serving
from tests.server.figures import Figures


def say(figures, words, scope="service:beds", *, days=-1, until=None, approved=True):
    """A text from so many days on; its number."""
    with Session(figures.engine) as session, session.begin():
        owner = organisation_of(session, figures.organisation_id)
        from_at, to_at = NOW + timedelta(days=days), until and NOW + timedelta(days=until)
        item = add_text(
            session, owner, parse_scope(session, owner, scope), {"en": words}, NOW, from_at=from_at, to_at=to_at
        )
        if approved:
            approve_text(session, owner, item.text_id, "matron", NOW)
        return item.text_id


@pytest.fixture
def nobody(settings):
    """The real doors, and nobody signed in."""
    with serving(create_app(settings, now=lambda: NOW), real_doors=True) as site:
        yield site


def read(site, slug="beds", **query):
    answer = site.get(f"/api/v1/public/{slug}", query)
    assert answer.status_code == 200, answer.text
    return [text["words"]["en"] for text in answer.json()["data"]]


def test_anybody_reads_what_was_approved_for_the_service_its_teams_and_all(figures, nobody):
    figures.device("PET-1", team="haywood")
    say(figures, "For all.", "organisation", days=-4)
    say(figures, "For beds.", days=-3)
    say(figures, "For the team.", "team:haywood", days=-2)
    say(figures, "Of another service.", "service:home")
    say(figures, "Of another team.", "team:north")
    say(figures, "Of one device.", "device:PET-1")
    say(figures, "Not approved.", approved=False)
    say(figures, "To come.", days=1)
    say(figures, "Over.", days=-3, until=-1)
    assert read(nobody) == ["For the team.", "For beds.", "For all."]
    assert read(nobody, "home") == ["Of another team.", "Of another service.", "For all."]


def test_nothing_else_is_told(figures, nobody):
    say(figures, "You said it was loud. We fixed it.")
    answer = nobody.get("/api/v1/public/beds").json()
    assert answer == {
        "organisation": "Community Trust",
        "service": "Beds",
        "data": [{"words": {"en": "You said it was loud. We fixed it."}, "since": "2026-11-22"}],
    }


@pytest.mark.usefixtures("figures")
def test_an_unknown_service_is_none_and_one_without_texts_has_none(nobody):
    assert read(nobody) == []
    missing = nobody.get("/api/v1/public/moon")
    assert (missing.status_code, pointers(missing)) == (404, ["/path/slug"])
    assert nobody.get("/api/v1/public/haywood").status_code == 404  # a team
    assert pointers(nobody.get("/api/v1/public/beds", {"team": "haywood"})) == ["/query/team"]


def test_of_two_organisations_with_such_a_service_one_is_named(figures, nobody, engine):
    other = Figures(engine, name="Other Trust", references=(3,))
    say(figures, "Ours.")
    say(other, "Theirs.")
    refused = nobody.get("/api/v1/public/beds")
    assert (refused.status_code, pointers(refused)) == (422, ["/query/organisation"])
    assert read(nobody, organisation=figures.organisation_id) == ["Ours."]
    assert read(nobody, organisation=other.organisation_id) == ["Theirs."]


def test_it_may_be_kept_for_minutes_and_a_withdrawn_text_is_gone(figures, nobody):
    number = say(figures, "Ours.")
    first = nobody.get("/api/v1/public/beds")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert "authorization" not in first.headers["vary"].lower()
    held = nobody.get("/api/v1/public/beds", **{"if-none-match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert (held.headers["cache-control"], held.headers["etag"]) == ("public, max-age=300", first.headers["etag"])
    with Session(figures.engine) as session, session.begin():
        end_text(session, organisation_of(session, figures.organisation_id), number, NOW)
    again = nobody.get("/api/v1/public/beds", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.json()["data"]) == (200, [])


def test_a_draft_is_read_once_another_person_has_approved_it(figures, site):
    here = figures.teams["haywood"]
    site.viewer = somebody("manager", here, actor="the author")
    body = {"words": {"en": "You said it was cold. We fixed it."}, "team": "haywood"}
    number = ask(site, "POST", "/you-said", json=body).json()["you_said"]
    assert read(site) == []
    site.viewer = somebody("manager", here, actor="another")
    assert ask(site, "POST", f"/you-said/{number}/approve").status_code == 200
    assert read(site) == ["You said it was cold. We fixed it."]
    assert ask(site, "POST", f"/you-said/{number}/withdraw").status_code == 200
    assert read(site) == []
