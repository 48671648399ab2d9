"""Who improves what: a ward's people, asking the real web process over HTTP."""

import httpx
import pytest
from sqlalchemy.orm import Session

from server.accounts.grants import grant
from server.accounts.nodes import Node
from server.accounts.rights import RIGHTS, Role
from server.accounts.tables import TEAM, Person
from server.accounts.viewer import Viewer
from server.fleet.organisations import add_service, add_team, find_organisation
from tests.server.conftest import NOW
from tests.server.ingest.ward import Ward


class Office:
    """People with roles in some of the ward's teams; each asks in their own name."""

    def __init__(self, site, ward):
        self.site, self.ward = site, ward
        self.client = httpx.Client(base_url=f"{site.url}/api/v1", timeout=60)
        with Session(ward.engine) as session:
            self.organisation_id = find_organisation(session, ward.name).organisation_id
        self.people = {}

    def be(self, role, *teams, name=None):
        """From now on requests are this role's, for these teams (codes); without any for the whole organisation."""
        name = name or f"{role}@example.org"
        reach = frozenset(map(self.ward.team_id, teams)) if teams else None
        rights = dict.fromkeys(RIGHTS[Role(role)], reach)
        self.site.viewer = Viewer(self.organisation_id, name, rights, self._person(name), name)
        return self

    def ask(self, method, path, body=None, status=None, **headers):
        answer = self.client.request(method, path, json=body, headers=headers)
        expected = status or {"GET": 200, "POST": 201, "PATCH": 200}[method]
        assert answer.status_code == expected, answer.text
        return answer.json()

    def get(self, path, status=None):
        return self.ask("GET", path, status=status)

    def post(self, path, body=None, status=None, **headers):
        return self.ask("POST", path, body, status, **headers)

    def patch(self, path, body, status=None):
        return self.ask("PATCH", path, body, status)

    def refused(self, method, path, body, status=422):
        """(pointers, detail) of the problem."""
        problem = self.ask(method, path, body, status)
        return [error["pointer"] for error in problem.get("errors", [])], problem["detail"]

    def account(self, name, *, team):
        """The number of an account that is a matron of this team."""
        number = self._person(f"{name}@example.org")
        with Session(self.ward.engine) as session, session.begin():
            person = session.get_one(Person, (self.organisation_id, number))
            grant(session, person, Role.MATRON, Node(TEAM, self.ward.team_id(team)), "test", NOW)
        return number

    def _person(self, name):
        if name not in self.people:
            with Session(self.ward.engine) as session, session.begin():
                row = Person(
                    organisation_id=self.organisation_id, email=name.lower(), name=name, state="active", created_at=NOW
                )
                session.add(row)
                session.flush()
                self.people[name] = row.person_id
        return self.people[name]


@pytest.fixture
def ward(engine):
    """Services: beds, with teams day and night; and clinics, with team clinic."""
    ward = Ward(engine)
    with Session(engine) as session, session.begin():
        owner = find_organisation(session, ward.name)
        add_team(session, add_service(session, owner, "clinics", "Clinics"), "clinic", "Clinic")
    return ward


@pytest.fixture
def office(ward, site):
    office = Office(site, ward).be("manager")
    yield office
    office.client.close()
