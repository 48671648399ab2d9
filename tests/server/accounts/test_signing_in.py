"""Signing in and out: one error for every wrong attempt, a new secret each time, and an end of it."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts import passwords, throttle
from server.accounts.browsers import IDLE_MAX, LASTS_MAX
from server.accounts.people import disable, find_person, give_first_password
from server.accounts.tables import Person, SignIn, SignInAttempt
from server.app import create_app
from tests.server.accounts.conftest import PASSWORD, START
from tests.server.asking import TestClient

ME = "/api/v1/session"
WRONG = "wrong password"


def attempt(client, email="anna@example.org", password=WRONG):
    return client.post(ME, json={"email": email, "password": password})


def test_who_signed_in_is_known_with_what_they_may(people, visit):
    me = visit(people.add("anna", manager="team:leek", board="organisation")).get(ME).json()
    assert (me["actor"], me["name"], me["via"]) == ("anna@example.org", "anna", "browser")
    may = {each["right"]: (each["everywhere"], each["teams"]) for each in me["may"]}
    assert may["see figures"] == (True, [])
    assert may["improve"] == (False, ["leek"])
    assert "manage people" not in may


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(people, visit):
    people.add("anna")
    answer = attempt(visit(), password=PASSWORD)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("pet=petb_")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie  # http on this machine: the browser would not send it back
    assert answer.headers["cache-control"] == "no-store"


def test_the_database_holds_no_secret_that_opens_anything(people, visit, engine):
    client = visit(people.add("anna"))
    secret = client.cookies["pet"]
    with Session(engine) as session:
        row = session.scalars(select(SignIn)).one()
        assert secret.encode() not in row.secret_hash
        assert session.scalars(select(Person)).one().password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "email", ["anna@example.org", "ANNA@Example.org ", "nobody@example.org", "disabled@example.org"]
)
def test_every_wrong_attempt_gets_the_same_answer(people, visit, engine, figures, email):
    people.add("anna")
    people.add("disabled")
    with Session(engine) as session, session.begin():
        disable(session, find_person(session, figures.organisation_id, "disabled@example.org"))
    right = PASSWORD if email.startswith("disabled") else "wrong password"
    answer = attempt(visit(), email, right)
    assert (answer.status_code, answer.json()["detail"]) == (401, "The e-mail address or the password is wrong.")
    assert "set-cookie" not in answer.headers


def test_for_an_unknown_person_a_password_is_hashed_all_the_same(people, visit, monkeypatch):
    people.add("anna")
    seen = []

    class Watched:
        def __getattr__(self, name):
            return getattr(real, name)

        def verify(self, stored, password):
            seen.append(stored)
            return real.verify(stored, password)

    real = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Watched())
    attempt(visit(), "nobody@example.org")
    attempt(visit(), "anna@example.org")
    assert [each.split("$")[1:4] for each in seen] == 2 * [["argon2id", "v=19", "m=19456,t=2,p=1"]]


def test_a_new_secret_at_every_sign_in_and_the_earlier_one_is_worthless(people, visit):
    client = visit(people.add("anna"))
    earlier = client.cookies["pet"]
    assert attempt(client, password=PASSWORD).status_code == 201
    assert client.cookies["pet"] != earlier
    other = visit()
    other.cookies.set("pet", earlier)
    assert other.get(ME).status_code == 401
    assert client.get(ME).status_code == 200


def test_signed_out_is_signed_out_on_the_server_too(people, visit):
    client = visit(people.add("anna"))
    kept = client.cookies["pet"]
    assert client.delete(ME).status_code == 204
    assert "pet" not in client.cookies
    client.cookies.set("pet", kept)
    assert client.get(ME).status_code == 401


def test_idle_for_too_long_is_signed_out(people, visit, clock):
    client = visit(people.add("anna"))
    for _ in range(3):
        clock.wait(seconds=IDLE_MAX.total_seconds() - 1)
        assert client.get(ME).status_code == 200
    clock.wait(seconds=IDLE_MAX.total_seconds())
    assert client.get(ME).status_code == 401


def test_however_busy_a_sign_in_ends_after_a_day_s_work(people, visit, clock):
    client = visit(people.add("anna"))
    while clock.now < START + LASTS_MAX - timedelta(minutes=30):
        clock.wait(minutes=30)
        assert client.get(ME).status_code == 200
    clock.wait(minutes=30)
    assert client.get(ME).status_code == 401


def test_disabled_in_the_middle_of_a_session_is_out_at_once(people, visit, engine, figures):
    client = visit(people.add("anna"))
    with Session(engine) as session, session.begin():
        disable(session, find_person(session, figures.organisation_id, "anna@example.org"))
    assert client.get(ME).status_code == 401


def test_a_first_password_stops_working_after_some_days(people, visit, clock, engine, figures):
    people.add("anna")
    with Session(engine) as session, session.begin():
        person = find_person(session, figures.organisation_id, "anna@example.org")
        first = give_first_password(session, person, clock())
    assert attempt(visit(), password=first).status_code == 201
    clock.wait(days=3)
    assert attempt(visit(), password=first).status_code == 401


def test_guessing_at_one_account_has_to_wait_longer_and_longer(people, visit, clock):
    people.add("anna")
    for email in ("anna@example.org", "nobody@example.org"):
        for _ in range(throttle.FREE_FAILURES["account"]):
            assert attempt(visit(), email).status_code == 401
        waits = []
        for _ in range(7):
            answer = attempt(visit(), email, PASSWORD)  # even the right one is not looked at
            assert answer.status_code == 429
            waits.append(int(answer.headers["retry-after"]))
            clock.wait(seconds=waits[-1])
            assert attempt(visit(), email).status_code == 401
        assert waits == [30, 60, 120, 240, 480, 900, 900]
        clock.wait(hours=2)


def test_the_right_password_after_the_wait_is_let_in_and_forgets_the_failures(people, visit, clock):
    people.add("anna")
    for _ in range(throttle.FREE_FAILURES["account"]):
        attempt(visit())
    clock.wait(seconds=30)
    assert attempt(visit(), password=PASSWORD).status_code == 201
    assert attempt(visit()).status_code == 401
    assert attempt(visit(), password=PASSWORD).status_code == 201


@pytest.mark.parametrize("addresses", [["192.0.2.7"], ["2001:db8::1", "2001:db8::2"]])
def test_guessing_at_many_accounts_from_one_address_has_to_wait_too(people, visit, engine, addresses):
    people.add("anna")
    with Session(engine) as session, session.begin():
        for number in range(throttle.FREE_FAILURES["address"]):
            throttle.count_attempt(session, f"guess{number}@example.org", addresses[number % len(addresses)], START)
    assert attempt(visit(address=addresses[0]), password=PASSWORD).status_code == 429
    assert attempt(visit(address="198.51.100.1"), password=PASSWORD).status_code == 201


def test_attempts_at_the_same_moment_are_all_counted(people, engine):
    people.add("anna")
    refused = []

    def guess():
        try:
            with Session(engine) as session, session.begin():
                throttle.count_attempt(session, "anna@example.org", "192.0.2.7", START)
        except throttle.TooManyAttemptsError:
            refused.append(1)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(engine) as session:
        counted = session.scalar(select(func.max(SignInAttempt.failures)))
    assert counted + len(refused) == 12
    assert counted <= throttle.FREE_FAILURES["account"] + len(threads) - len(refused)
    assert refused


def test_attempts_of_long_ago_are_forgotten(people, visit, clock, engine):
    people.add("anna")
    attempt(visit())
    clock.wait(hours=2)
    attempt(visit(), "other@example.org")
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 2  # the second account, the address


def test_changing_the_password_needs_the_old_one_and_signs_other_browsers_out(people, visit):
    email = people.add("anna")
    here, there = visit(email), visit(email)
    change = f"{ME}/password"
    assert here.put(change, json={"old": "not it", "new": "another fine password"}).status_code == 422
    assert here.put(change, json={"old": PASSWORD, "new": "short"}).status_code == 422
    assert here.put(change, json={"old": PASSWORD, "new": "x anna x anna x anna"}).status_code == 422
    assert here.put(change, json={"old": PASSWORD, "new": "another fine password"}).status_code == 204
    assert here.get(ME).status_code == 200
    assert there.get(ME).status_code == 401
    assert attempt(visit(), password=PASSWORD).status_code == 401
    assert attempt(visit(), password="another fine password").status_code == 201


def test_guessing_the_old_password_with_a_browser_left_open_has_to_wait_too(people, visit, clock):
    anna = people.add("anna")
    mine = visit(anna)
    guess = {"old": "not the right password", "new": "another four plain words"}
    statuses = [mine.put("/api/v1/session/password", json=guess).status_code for _ in range(8)]
    assert statuses == [422] * 5 + [429] * 3
    page = mine.post("/password", data={**guess, "old": PASSWORD})
    assert "Too many attempts" in page.text
    clock.wait(seconds=31)
    assert mine.put("/api/v1/session/password", json={**guess, "old": PASSWORD}).status_code == 204
    again = mine.put("/api/v1/session/password", json={**guess, "old": "wrong"})
    assert again.status_code == 422  # the failures are forgotten


def test_a_foreign_page_cannot_act_with_somebody_s_cookie(people, visit):
    client = visit(people.add("anna"))
    for origin in ("http://evil.example", "null", "http://127.0.0.1:8001", "https://127.0.0.1:8000"):
        assert client.delete(ME, headers={"origin": origin}).status_code == 403
    del client.headers["origin"]
    assert client.delete(ME).status_code == 403  # a browser always says where from
    assert client.get(ME).status_code == 200


def test_a_foreign_page_cannot_sign_a_visitor_in_as_somebody_else(people, visit):
    people.add("anna")
    client = visit(origin="http://evil.example")
    assert attempt(client, password=PASSWORD).status_code == 403


def test_a_cookie_that_is_no_good_is_nobody_and_is_forgotten(settings, clock, engine, figures, people):
    """Where whoever is on this machine need not sign in: nobody becomes another person unseen."""
    visitor, email = people.add("visitor", read_only="organisation"), people.add("anna", manager="organisation")
    app = create_app(settings.model_copy(update={"local_viewer": visitor}), now=clock)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000)) as client:
        assert client.get(ME).json()["actor"] == "visitor@example.org"
        attempt(client, email, PASSWORD)
        assert client.get(ME).json()["actor"] == email
        with Session(engine) as session, session.begin():
            disable(session, find_person(session, figures.organisation_id, email))
        assert client.get(ME).status_code == 401
        assert client.get(ME).json()["actor"] == "visitor@example.org"
