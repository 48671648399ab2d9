"""API tokens: shown once, never more than their owner may do, and gone when revoked, expired or the owner is."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.credentials import hash_secret
from server.accounts.people import disable, find_person
from server.accounts.tables import ApiToken
from tests.server.accounts.conftest import START

TOKENS, ME = "/api/v1/tokens", "/api/v1/session"
ORIGIN = {"origin": "http://127.0.0.1:8000"}


def new(client, rights=("see figures",), on="organisation", days=30, **more):
    expires = (START + timedelta(days=days)).isoformat()
    body = {"name": "nightly export", "rights": list(rights), "on": on, "expires_at": expires} | more
    return client.post(TOKENS, json=body)


@pytest.fixture
def anna(people, visit):
    return visit(people.add("anna", manager="organisation"))


@pytest.fixture
def token(anna):
    return new(anna).json()


@pytest.fixture
def program(token, visit):
    return visit(authorization=f"Bearer {token['secret']}")


def test_a_token_is_shown_once_and_stored_as_its_digest(anna, token, engine):
    assert token["secret"].startswith("pet_")
    [listed] = anna.get(TOKENS).json()["data"]
    assert "secret" not in listed
    assert (listed["name"], listed["owner"], listed["rights"]) == (
        "nightly export",
        "anna@example.org",
        ["see figures"],
    )
    with Session(engine) as session:
        assert session.scalars(select(ApiToken)).one().secret_hash == hash_secret(token["secret"])


def test_a_repeated_request_makes_one_token_and_does_not_show_it_again(anna):
    key = {"idempotency-key": "once"}
    body = {"name": "x", "rights": ["see figures"], "expires_at": (START + timedelta(days=1)).isoformat()}
    first, second = (anna.post(TOKENS, json=body, headers=key) for _ in range(2))
    assert first.json()["token"] == second.json()["token"]
    assert (first.json()["secret"][:4], second.json()["secret"]) == ("pet_", None)


def test_a_key_for_repetitions_is_the_token_s_own(anna, visit):
    """Two tokens of one owner and one name: what the wide one was answered is not said to the narrow one."""

    def program(**more):
        return visit(authorization=f"Bearer {new(anna, rights=['see figures', 'improve'], **more).json()['secret']}")

    wide, narrow = program(), program(on="team:leek")
    body, key = {"team": "haywood", "question": "food", "title": "Cold"}, {"idempotency-key": "k"}
    made = wide.post("/api/v1/concerns", json=body, headers=key)
    assert made.status_code == 201
    assert narrow.post("/api/v1/concerns", json=body, headers=key).status_code == 404
    assert wide.post("/api/v1/concerns", json=body, headers=key).json() == made.json()


def test_a_program_may_do_what_the_token_says_and_no_more(program):
    me = program.get(ME).json()
    assert (me["via"], me["actor"]) == ("API token", "anna@example.org, by the token nightly export")
    assert [each["right"] for each in me["may"]] == ["see figures"]
    assert program.get("/api/v1/meta").status_code == 200
    assert program.get("/api/v1/shares").status_code == 403  # anna may, the token not


def test_a_token_for_a_part_reaches_that_part_only(anna, visit):
    secret = new(anna, on="service:beds").json()["secret"]
    [may] = visit(authorization=f"Bearer {secret}").get(ME).json()["may"]
    assert (may["everywhere"], may["teams"]) == (False, ["haywood", "leek"])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rights": ["manage people"]}, "/body/rights"),
        ({"rights": []}, "/body/rights"),
        ({"rights": ["fly"]}, "/body/rights/0"),
        ({"days": 400}, "/body/expires_at"),
        ({"days": -1}, "/body/expires_at"),
        ({"on": "team:nowhere"}, "/body/on"),
        ({"on": "ward:leek"}, "/body/on"),
        ({"name": ""}, "/body/name"),
        ({"colour": "red"}, "/body/colour"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(anna, wrong, pointer):
    answer = new(anna, **wrong)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


def test_nobody_makes_a_token_for_more_than_their_own_part(people, visit):
    bob = visit(people.add("bob", matron="team:leek"))
    assert new(bob, on="organisation").status_code == 422
    elsewhere, nowhere = new(bob, on="team:north"), new(bob, on="team:nowhere")
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/body/on")
    assert elsewhere.text.replace("north", "nowhere") == nowhere.text
    assert new(bob, on="team:leek").status_code == 201


def test_a_token_cannot_make_tokens_or_change_the_password(program):
    assert new(program).status_code == 403
    assert program.put(f"{ME}/password", json={"old": "a", "new": "b"}).status_code == 403


def test_revoked_is_revoked_at_once_and_twice_is_no_error(anna, program, token):
    for _ in range(2):
        assert anna.delete(f"{TOKENS}/{token['token']}").status_code == 204
    assert program.get(ME).status_code == 401
    assert anna.get(TOKENS).json()["data"][0]["revoked_at"] is not None


def test_an_expired_token_opens_nothing(program, clock):
    clock.wait(days=30)
    assert program.get(ME).status_code == 401


def test_a_disabled_owner_s_token_opens_nothing(program, engine, figures):
    with Session(engine) as session, session.begin():
        disable(session, find_person(session, figures.organisation_id, "anna@example.org"))
    assert program.get(ME).status_code == 401


def test_a_right_taken_from_the_owner_is_taken_from_the_token(program, people, visit):
    admin = visit(people.add("ada", administrator="organisation"))
    [anna] = [each for each in admin.get("/api/v1/people").json()["data"] if each["name"] == "anna"]
    admin.delete(f"/api/v1/people/{anna['person']}/grants/{anna['roles'][0]['grant']}")
    assert program.get(ME).json()["may"] == []


def test_others_do_not_see_it_but_who_manages_everybody_does(token, people, visit):
    bob = visit(people.add("bob", manager="organisation"))
    assert bob.get(TOKENS).json()["data"] == []
    assert bob.delete(f"{TOKENS}/{token['token']}").status_code == 404
    ada = visit(people.add("ada", administrator="organisation"))
    assert [each["owner"] for each in ada.get(TOKENS).json()["data"]] == ["anna@example.org"]
    assert ada.delete(f"{TOKENS}/{token['token']}").status_code == 204


def test_its_use_is_noted_now_and_then(anna, program, clock):
    used = []
    for _ in range(3):
        program.get(ME)
        used.append(anna.get(TOKENS).json()["data"][0]["used_at"])
        clock.wait(minutes=3)
    assert used[0] == used[1] != used[2]


@pytest.mark.parametrize("shown", ["pet_", "pet_" + "x" * 43, "petb_" + "x" * 43, "", "pet_\u00e9"])
def test_a_wrong_token_is_nobody_even_beside_a_cookie(anna, shown):
    answer = anna.get(ME, headers={"authorization": f"Bearer {shown}".encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
