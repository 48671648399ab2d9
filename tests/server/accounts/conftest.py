"""An organisation with two directorates, people of every role, and a real application whose clock a test sets."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from server.accounts.grants import grant
from server.accounts.nodes import parse_node
from server.accounts.people import add_person, set_password
from server.app import create_app
from server.fleet.tables import Directorate, Service
from tests.server.asking import TestClient

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "four plain words here"


class Clock:
    """The application's clock."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def wait(self, **span):
        self.now += timedelta(**span)


class People:
    """Makes accounts: `add("anna", manager="team:leek")`."""

    def __init__(self, engine, figures):
        self.engine, self.figures = engine, figures
        with Session(engine) as session, session.begin():
            for service in ("beds", "home"):
                here = {"organisation_id": figures.organisation_id}
                row = Directorate(**here, code=f"{service}-directorate", name=service)
                session.add(row)
                session.flush()
                key = (figures.organisation_id, figures.services[service])
                session.get_one(Service, key).directorate_id = row.directorate_id

    def add(self, name, *, password=PASSWORD, **roles):
        """A person with these roles on these parts; `read_only` is read-only. Returns their e-mail address."""
        with Session(self.engine) as session, session.begin():
            here = self.figures.organisation_id
            person = add_person(session, here, f"{name}@example.org", name, START)
            for role, on in roles.items():
                node = parse_node(session, here, on)
                grant(session, person, role.replace("_", "-"), node, "test", START)
            if password:
                set_password(session, person, password)
            return person.email


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def people(engine, figures):
    return People(engine, figures)


@pytest.fixture
def app(settings, clock):
    made = create_app(settings, now=clock)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def visit(app):
    """A new browser each time; `visit(email)` is signed in."""

    def come(email=None, password=PASSWORD, address="192.0.2.7", raising=True, **headers):
        client = TestClient(
            app,
            base_url="http://127.0.0.1:8000",
            client=(address, 50000),
            headers=headers,
            follow_redirects=False,
            raise_server_exceptions=raising,
        )
        if email:
            answer = client.post("/api/v1/session", json={"email": email, "password": password})
            assert answer.status_code == 201, answer.text
            client.headers["origin"] = "http://127.0.0.1:8000"  # as a browser does
        return client

    return come
