"""An organisation with half a year of answers, and people who make and read its reports over the interface."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.server.accounts.conftest import Clock, People, app, clock, people, visit  # noqa: F401 - fixtures
from tests.server.figures import Pass

TEAMS = ("haywood", "leek", "north")
LATEST = date(2026, 11, 22)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


def half_a_year(figures, seed=1, number=1500, days=180):
    """Answers on six devices, two a team; one more device that nobody has answered on."""
    dice = random.Random(seed)
    figures.target("0.85")
    devices = {team: [figures.device(f"PET-{team}-{each}", team=team) for each in (1, 2)] for team in TEAMS}
    figures.device("PET-silent", team="leek")
    figures.enter(
        Pass(
            dice.choice(devices[team]),
            LATEST - timedelta(days=dice.randrange(days)),
            tuple(dice.choices(((1, 1, 1), (3, 3, 1), (5, 2, 4)), (85, 5, 10))[0]),
            team=team,
        )
        for team in (dice.choice(TEAMS) for _ in range(number))
    )
    return devices


class Office:
    """Somebody's program or browser, at the interface."""

    def __init__(self, client):
        self.client = client

    def ask(self, method, path, status, **more):
        answer = self.client.request(method, f"/api/v1{path}", **more)
        assert answer.status_code == status, answer.text
        return answer

    def get(self, path, status=200, **parameters):
        return self.ask("GET", path, status, params=parameters).json()

    def post(self, path, body=None, status=200, **headers):
        return self.ask("POST", path, status, json=body, headers=headers).json()

    def report(self, kind="monthly", month="2026-10", service=None, status=202):
        """Made, and built by the time of the answer: what is left to do after it is done in the test's client."""
        body = {"kind": kind, "month": month} | ({"service": service} if service else {})
        return self.post("/reports", body, status)

    def issued(self, **wanted):
        made = self.report(**wanted)
        return self.post(f"/reports/{made['report']}/issue")


@pytest.fixture
def story(figures):
    return half_a_year(figures)


@pytest.fixture
def office(people, visit):  # noqa: F811
    """`office("anna", manager="service:beds")` is signed in, with that role."""

    def come(name, **roles):
        return Office(visit(people.add(name, **roles)))

    return come
