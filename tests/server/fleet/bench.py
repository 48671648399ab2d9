"""A bench as the server meets it: an operator who makes tokens, and a tool that shows them."""

from sqlalchemy.orm import Session

from server.accounts.browsers import open_browser
from server.accounts.people import find_person
from server.fleet.keys import create_key_file, open_key_ring
from tests.server.accounts.conftest import START
from tests.server.asking import TestClient

MAC = "24:0A:C4:00:00:01"
PATH = "/api/v1/enrolments"
URL = "http://127.0.0.1:8000"


class Bench:
    """What a tool at a bench can ask, with tokens of an operator. The application's clock is `clock`."""

    def __init__(self, app, people, clock):
        self.app, self.people, self.clock = app, people, clock
        create_key_file(app.state.settings.key_file)
        self.key_ring = open_key_ring(app.state.settings.key_file)
        self.operator = self.visit("ops", operations="organisation")
        self.client = TestClient(app, base_url=URL)

    def visit(self, name, **roles):
        """A browser that a new person of these roles is signed in with."""
        email = self.people.add(name, password=None, **roles)
        client = TestClient(self.app, base_url=URL, headers={"origin": URL})
        with Session(self.people.engine) as session, session.begin():
            person = find_person(session, self.people.figures.organisation_id, email)
            client.cookies.set("pet", open_browser(session, person, START))
        return client

    def token(self):
        answer = self.operator.post("/api/v1/enrolment-tokens", json={})
        assert answer.status_code == 201, answer.text
        [token] = answer.json()["tokens"]
        return token

    def enrol(self, token=None, **board):
        """The server's answer to this board."""
        headers = {"authorization": f"Bearer {token or self.token()}"}
        return self.client.post(PATH, json={"mac": MAC} | board, headers=headers)

    def made(self, **board):
        """What the board was given; it must be."""
        answer = self.enrol(**board)
        assert answer.status_code == 201, answer.text
        return answer.json()
