"""Every route x every role x inside and outside of its part of the organisation, and nobody: from the route table."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from sqlalchemy.orm import Session
from starlette.websockets import WebSocketDisconnect

from server.accounts.browsers import open_browser
from server.accounts.nodes import WHOLE
from server.accounts.people import find_person
from server.accounts.rights import RIGHTS, Right, Role
from server.accounts.shares import make_share
from server.accounts.tables import Person
from server.accounts.tokens import make_token
from server.accounts.viewer import everything
from server.api.access import UNRULED, SignedIn, check_rules, needs, public, rule_of, somebody
from server.api.sessions import write_session
from server.database import act_as
from server.fleet.questionnaires import publish_file
from server.fleet.subjects import add_topic
from server.fleet.tables import Organisation
from tests.parts import ROOT
from tests.server.accounts.conftest import START
from tests.server.accounts.examples import EXAMPLES
from tests.server.accounts.examples_figures import RESPONSE
from tests.server.accounts.examples_fleet import AUDIT
from tests.server.figures import PLACED_AT

PLACES = {"inside": "team:leek", "outside": "team:north", "whole": "organisation"}


def routes_of(app):
    """(name, rule) of every route with a method; sockets and what the framework adds are told apart."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(getattr(route, "methods", None) or ["SOCKET"]):
            if route.path not in UNRULED and method != "HEAD":
                yield f"{method} {route.path}", rule_of(route)


class Scene:
    """The organisation, somebody of every role in every place, and what the creating examples make."""

    def __init__(self, app, people, visit, figures):
        self.app, self.people, self.figures, self.visit = app, people, figures, visit
        self.clients = {}
        self.device = figures.device("PET-1", team="leek")
        self.emails = {
            (role, where): people.add(f"{role}-{where}", password=None, **{role.replace("-", "_"): on})
            for role, (where, on) in itertools.product(Role, PLACES.items())
        }
        everybody = {role.replace("-", "_"): "organisation" for role in Role}
        self.omnipotent = people.add("omnipotent", password=None, **everybody)
        self.words = {
            "device": self.device,
            "serial": "PET-1",
            "secret": "pets_" + 43 * "x",
            "version": 1,
            "response": RESPONSE,
            "slug": "beds",
            "service": "beds",
            "team": "leek",
            "question": "food",
            "objective": "good-food",
            "screen": 0,
            "position": 1,
            "how": "down",
            "language": "cy",
        }
        figures.objective("good-food", "Good food", "food")
        silence = (PLACED_AT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        self.words["alert"] = f"{self.device}-overdue-{silence}"  # never heard since it was placed
        self.words |= {"spare": figures.device("PET-2", team=None), **self._of_leek()}
        with Session(people.engine) as session, session.begin():
            organisation = session.get_one(Organisation, figures.organisation_id)
            add_topic(session, organisation, "hand-hygiene", "Hand hygiene")
            publish_file(session, organisation, ROOT / f"deploy/demo/questionnaires/{AUDIT}.toml", START)

    def _of_leek(self):
        self.people.add("ofleek", password=None, read_only="team:leek")
        here = self.figures.organisation_id
        with Session(self.people.engine) as session, session.begin():
            person = find_person(session, here, "ofleek@example.org")
            maker = everything(here, "test")
            maker = type(maker)(here, "test", maker.reach, person.person_id)
            later = START.replace(month=12)
            token, _ = make_token(session, maker, "of the scene", frozenset({Right.SEE_FIGURES}), WHOLE, later, START)
            link, _ = make_share(session, maker, "of the scene", "", later, START)
            [grant] = session.execute(
                Person.__table__.metadata.tables["role_grant"].select().filter_by(person_id=person.person_id)
            )
            return {
                "person": person.person_id,
                "grant": grant.grant_id,
                "token": token.token.token_id,
                "share": link.link.share_id,
            }

    def client(self, email):
        """A browser that this person is signed in with just now; None: nobody."""
        if email in self.clients:
            return self.clients[email]
        client = self.clients[email] = self.visit(raising=False)
        if email:
            with Session(self.people.engine) as session, session.begin():
                person = find_person(session, self.figures.organisation_id, email)
                client.cookies.set("pet", open_browser(session, person, START))
            client.headers["origin"] = "http://127.0.0.1:8000"
        return client

    def ask(self, email, example):
        """The answer to this person."""
        method, path = example.route.split(" ")
        filled = re.sub("{([a-z_]+)(?::path)?}", lambda found: str(self.words[found[1]]), path)
        client = self.client(email)
        if example.route in {"DELETE /api/v1/session", "POST /sign-out"}:
            del self.clients[email]  # signed out afterwards
        return client.request(
            method,
            filled,
            json=example.json and self.filled(example.json),
            data=example.data,
            params=example.query and self.filled(example.query),
            headers=example.headers,
            content=example.content,
        )

    def filled(self, value):
        """The value with "{word}" replaced by the number that an earlier example made."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, str) and (found := re.fullmatch("{([a-z_]+)}", value)):
            return self.words[found[1]]
        return value


def expected(rule, role, where, example):
    """The status from RIGHTS, where it decides; else what the example says."""
    if rule == "public":
        return example.inside
    if role is None:
        return 401
    if rule != "signed in" and rule not in RIGHTS[role]:
        return 403
    return example.expected(role, where)


@pytest.fixture
def scene(app, people, visit, figures):
    return Scene(app, people, visit, figures)


def test_every_route_has_an_example_and_every_example_a_route(app):
    known = {name for name, _ in routes_of(app) if not name.startswith("SOCKET")}
    assert known == {example.route for example in EXAMPLES}


def test_who_may_use_which_route(scene, app):
    rules = dict(routes_of(app))
    for example in EXAMPLES:
        if example.makes:
            answer = scene.ask(scene.omnipotent, example)
            assert answer.status_code in {201, 202}, (example.route, answer.text)
            scene.words[example.makes] = answer.json()[example.number or example.makes]
    kept = app.state.writing_engine
    visitors = [(None, "whole"), *itertools.product(Role, PLACES)]
    wrong = []
    with kept.connect() as connection:
        for example, (role, where) in itertools.product(EXAMPLES, visitors):
            email = role and scene.emails[role, where]
            # What a request commits becomes part of a transaction that is given up: all meet the same state.
            outer = connection.begin()
            app.dependency_overrides[write_session] = _inside(connection)
            answer = scene.ask(email, example)
            outer.rollback()
            due = expected(rules[example.route], role, where, example)
            if answer.status_code != due:
                wrong.append(f"{example.route} by {role} {where}: {answer.status_code}, not {due}: {answer.text[:200]}")
            if where == "outside" and answer.status_code == 200:
                wrong += [
                    f"{example.route} tells {role} outside {word}" for word in example.hides if word in answer.text
                ]
    assert not wrong, "\n".join(wrong)


def _inside(connection):
    def write(viewer: SignedIn):
        with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
            act_as(session, viewer.actor)
            yield session

    return write


def test_nobody_presses_the_handheld_s_buttons_but_who_is_signed_in(scene, app):
    sockets = [
        route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIWebSocketRoute)
    ]
    assert [route.path for route in sockets] == ["/try/device"]
    with (
        pytest.raises(WebSocketDisconnect) as refusal,
        scene.client(None).websocket_connect(
            "/try/device", headers={"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}
        ),
    ):
        pass
    assert "Sign in" in refusal.value.reason


def test_a_route_that_does_not_say_who_may_use_it_is_refused():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/open", lambda: None)
    with pytest.raises(RuntimeError, match="/open"):
        check_rules(app.routes)
    twice = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    twice.add_api_route("/twice", lambda: None, dependencies=[needs(Right.SHARE), public])
    with pytest.raises(RuntimeError, match="/twice"):
        check_rules(twice.routes)
    fine = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for path, rule in {"/a": needs(Right.SHARE), "/b": public, "/c": somebody}.items():
        fine.add_api_route(path, lambda: None, dependencies=[rule])
    check_rules(fine.routes)
