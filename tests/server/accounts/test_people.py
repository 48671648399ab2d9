"""Managing people over the interface: within one's own part, never oneself, and never somebody greater."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.tables import Person, RoleGrant
from server.fleet.tables import Service
from tests.server.accounts.conftest import PASSWORD, START

PEOPLE, ME = "/api/v1/people", "/api/v1/session"


@pytest.fixture
def ada(people, visit):
    """Administrator of everything."""
    return visit(people.add("ada", administrator="organisation"))


@pytest.fixture
def bea(people, visit):
    """Administrator of one directorate."""
    return visit(people.add("bea", administrator="directorate:beds-directorate"))


def named(client, name):
    [found] = [each for each in client.get(PEOPLE).json()["data"] if each["name"] == name]
    return found


def number(client, name):
    return named(client, name)["person"]


def test_a_new_person_signs_in_with_the_first_password(ada, visit):
    made = ada.post(PEOPLE, json={"email": "Carl@Example.org", "name": "Carl", "role": "matron", "on": "team:leek"})
    assert made.status_code == 201
    carl = visit("carl@example.org", made.json()["first_password"]).get(ME).json()
    assert {each["right"]: each["teams"] for each in carl["may"]}["improve"] == ["leek"]
    assert "first_password" not in ada.get(PEOPLE).text
    assert ada.get(PEOPLE).json()["data"][1]["roles"][0]["on"] == "team:leek"


def test_a_repeated_request_makes_one_person_and_does_not_show_the_password_again(ada):
    body, key = {"email": "c@example.org", "name": "C"}, {"idempotency-key": "c"}
    first, second = (ada.post(PEOPLE, json=body, headers=key).json() for _ in range(2))
    assert first["person"] == second["person"]
    assert second["first_password"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "ada@example.org"}, "/body/email"),
        ({"email": "nobody"}, "/body/email"),
        ({"email": "a\x00@example.org"}, "/body/email"),
        ({"name": " "}, "/body/email"),
        ({"role": "king", "on": "organisation"}, "/body/role"),
        ({"role": "board", "on": "team:nowhere"}, "/body/on"),
        ({"role": "board", "on": "team:a\x00"}, "/body/on"),
        ({"hat": "red"}, "/body/hat"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(ada, engine, body, pointer):
    answer = ada.post(PEOPLE, json={"email": "new@example.org", "name": "New"} | body)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])
    with Session(engine) as session:
        assert session.scalar(select(Person).where(Person.email == "new@example.org")) is None


def test_a_role_given_and_taken_holds_from_the_next_request(ada, people, visit):
    carl = visit(people.add("carl"))
    assert carl.get("/api/v1/meta").status_code == 403
    path = f"{PEOPLE}/{number(ada, 'carl')}/grants"
    given = ada.post(path, json={"role": "board", "on": "organisation"})
    assert given.status_code == 201
    assert carl.get("/api/v1/meta").status_code == 200
    assert ada.post(path, json={"role": "board", "on": "organisation"}).status_code == 422
    assert ada.delete(f"{path}/{given.json()['roles'][0]['grant']}").status_code == 204
    assert carl.get("/api/v1/meta").status_code == 403


def test_a_role_that_ends_ends_by_itself(ada, people, visit, clock):
    carl = visit(people.add("carl"))
    path = f"{PEOPLE}/{number(ada, 'carl')}/grants"
    ada.post(path, json={"role": "board", "on": "organisation", "to_at": "2026-11-23T09:30:00Z"})
    assert carl.get("/api/v1/meta").status_code == 200
    clock.wait(minutes=30)
    assert carl.get("/api/v1/meta").status_code == 403


def test_disabled_and_enabled_again(ada, people, visit):
    email = people.add("carl")
    carl, path = visit(email), f"{PEOPLE}/{number(ada, 'carl')}"
    assert ada.patch(path, json={"state": "disabled"}).json()["state"] == "disabled"
    assert carl.get(ME).status_code == 401
    assert ada.patch(path, json={"state": "active"}).json()["state"] == "active"
    assert visit(email).get(ME).status_code == 200


def test_a_forgotten_password_is_replaced_and_the_old_one_is_worthless(ada, people, visit):
    carl = visit(people.add("carl"))
    made = ada.post(f"{PEOPLE}/{number(ada, 'carl')}/password").json()
    assert carl.get(ME).status_code == 401
    assert visit("carl@example.org", made["first_password"]).get(ME).status_code == 200
    assert visit().post(ME, json={"email": "carl@example.org", "password": PASSWORD}).status_code == 401


def test_nobody_decides_on_themselves(ada):
    path = f"{PEOPLE}/{number(ada, 'ada')}"
    [grant] = ada.get(PEOPLE).json()["data"][0]["roles"]
    assert ada.post(f"{path}/grants", json={"role": "auditor", "on": "organisation"}).status_code == 403
    assert ada.delete(f"{path}/grants/{grant['grant']}").status_code == 403
    assert ada.patch(path, json={"state": "disabled"}).status_code == 403
    assert ada.post(f"{path}/password").status_code == 403


def test_who_manages_a_part_sees_and_decides_there_only(bea, ada, people):
    people.add("inside", matron="team:leek")
    people.add("outside", matron="team:north")
    people.add("across", manager="service:home", matron="team:leek")
    assert {each["name"] for each in bea.get(PEOPLE).json()["data"]} == {"inside", "across", "bea", "ada"}
    grants = f"{PEOPLE}/{number(bea, 'inside')}/grants"
    assert bea.post(grants, json={"role": "manager", "on": "service:beds"}).status_code == 201
    assert bea.post(grants, json={"role": "administrator", "on": "organisation"}).status_code == 403
    outside = f"{PEOPLE}/{number(ada, 'outside')}"
    assert bea.patch(outside, json={"state": "disabled"}).status_code == 404
    new = {"email": "new@example.org", "name": "New"}
    assert bea.post(PEOPLE, json=new).status_code == 403
    assert bea.post(PEOPLE, json=new | {"role": "board", "on": "organisation"}).status_code == 403
    assert bea.post(PEOPLE, json=new | {"role": "matron", "on": "team:haywood"}).status_code == 201


def test_a_part_that_one_does_not_see_is_refused_like_one_that_is_not_there(bea, ada, people, figures):
    """Neither an error nor somebody's roles tell what there is elsewhere."""
    with Session(people.engine) as session, session.begin():
        session.add(Service(organisation_id=figures.organisation_id, code="empty", name="Empty"))
    people.add("across", manager="service:home", matron="team:leek")
    [listed] = [each for each in bea.get(PEOPLE).json()["data"] if each["name"] == "across"]
    assert [each["on"] for each in listed["roles"]] == ["team:leek"]
    address = f"{PEOPLE}/{listed['person']}/grants"
    for kind, code in (
        ("team", "north"),
        ("service", "home"),
        ("service", "empty"),
        ("directorate", "home-directorate"),
    ):
        answers = [bea.post(address, json={"role": "manager", "on": f"{kind}:{each}"}) for each in (code, "nowhere")]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].text.replace(code, "nowhere") == answers[1].text
    hidden = [each["grant"] for each in named(ada, "across")["roles"] if each["on"] == "service:home"]
    answers = [bea.delete(f"{address}/{number}") for number in (*hidden, 2_000_000)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(str(hidden[0]), "2000000") == answers[1].text


def test_a_part_without_teams_is_nobody_s_but_the_whole_organisation_s(bea, ada, people, figures):
    with Session(people.engine) as session, session.begin():
        session.add(Service(organisation_id=figures.organisation_id, code="empty", name="Empty"))
    people.add("carl", read_only="team:leek")
    address = f"{PEOPLE}/{number(bea, 'carl')}/grants"
    body = {"role": "administrator", "on": "service:empty"}  # it may be given teams of anybody's
    assert bea.post(address, json=body).status_code == 422
    assert ada.post(address, json=body).status_code == 201
    assert bea.post(f"{PEOPLE}/{number(bea, 'carl')}/password").status_code == 403  # carl is more than bea now


def test_nobody_takes_over_the_account_of_somebody_with_roles_beyond_their_part(bea, people):
    """A new password for a greater one would be their roles."""
    people.add("across", manager="service:home", matron="team:leek")
    for name in ("across", "ada") if people.add("ada", administrator="organisation") else ():
        path = f"{PEOPLE}/{number(bea, name)}"
        assert bea.post(f"{path}/password").status_code == 403
        assert bea.patch(path, json={"state": "disabled"}).status_code == 403


def test_a_grant_of_somebody_else_is_not_taken_through_another_person(ada, people, engine):
    people.add("carl", board="organisation")
    people.add("dora", board="organisation")
    with Session(engine) as session:
        query = select(RoleGrant.grant_id).join(Person, Person.person_id == RoleGrant.person_id)
        theirs = session.scalar(query.where(Person.name == "dora"))
    assert ada.delete(f"{PEOPLE}/{number(ada, 'carl')}/grants/{theirs}").status_code == 404


def test_a_token_makes_and_changes_no_account(ada, people, visit):
    people.add("carl", board="organisation")
    expires = (START + timedelta(days=3)).isoformat()
    token = {"name": "hr", "rights": ["manage people"], "expires_at": expires}
    program = visit(authorization=f"Bearer {ada.post('/api/v1/tokens', json=token).json()['secret']}")
    carl = named(program, "carl")  # who has which role may be read
    path, grant = f"{PEOPLE}/{carl['person']}", carl["roles"][0]["grant"]
    board = {"role": "board", "on": "team:leek"}
    for method, address, body in (
        ("POST", PEOPLE, {"email": "eve@example.org", "name": "Eve", "role": "auditor", "on": "organisation"}),
        ("POST", f"{path}/grants", board),
        ("POST", f"{path}/password", None),
        ("PATCH", path, {"state": "disabled"}),
        ("DELETE", f"{path}/grants/{grant}", None),
    ):
        answer = program.request(method, address, json=body)
        assert (answer.status_code, "signed in" in answer.json()["detail"]) == (403, True), (method, address)
    assert named(ada, "carl") == carl
    assert len(ada.get(PEOPLE).json()["data"]) == 2


@pytest.mark.parametrize(("role", "right"), [("auditor", "export evidence"), ("commissioner", "set targets")])
def test_nobody_makes_somebody_greater_than_they_are(ada, people, visit, role, right):
    """Whoever hands over a first password could sign in with it."""
    eve = {"email": "eve@example.org", "name": "Eve", "role": role, "on": "organisation"}
    refused = ada.post(PEOPLE, json=eve)
    assert (refused.status_code, right in refused.json()["detail"]) == (403, True)
    people.add("carl", board="organisation")
    people.add("great", **{role: "team:leek"})
    carl, great = f"{PEOPLE}/{number(ada, 'carl')}", f"{PEOPLE}/{number(ada, 'great')}"
    assert ada.post(f"{carl}/grants", json={"role": role, "on": "team:leek"}).status_code == 403
    assert ada.post(f"{great}/password").status_code == 403
    assert ada.patch(great, json={"state": "disabled"}).status_code == 200  # to end an account gives nobody anything
    both = visit(people.add("both", administrator="organisation", **{role: "organisation"}))
    assert both.post(PEOPLE, json=eve).status_code == 201
