"""The pages on which people sign in: whole without JavaScript, and telling a stranger nothing."""

import re

import pytest
from sqlalchemy.orm import Session

from server.accounts.people import find_person, give_first_password
from server.app import create_app
from tests.browser import Browser
from tests.parts import need
from tests.server.accounts.conftest import PASSWORD, Clock, People
from tests.server.asking import TestClient
from tests.server.conftest import serving

PHONE, DESK = 390, 1280
HOME = "http://127.0.0.1:8000"


@pytest.fixture
def people(engine, figures):
    return People(engine, figures)


@pytest.fixture
def browser_of(settings):
    app = create_app(settings, now=Clock())
    headers = {"accept": "text/html", "origin": HOME}
    yield lambda: TestClient(app, base_url=HOME, headers=headers, follow_redirects=False)
    app.state.engine.dispose()


def text_of(answer):
    """Without the white space that macros leave around elements."""
    return re.sub(r"(?<=[<>])\s+|\s+(?=[<>])", "", answer.text)


def sign_in(client, email="anna@example.org", password=PASSWORD, to="/"):
    return client.post("/sign-in", data={"email": email, "password": password, "to": to})


def test_a_page_sends_a_stranger_to_sign_in_and_then_back(people, browser_of):
    people.add("anna", read_only="organisation")
    client = browser_of()
    sent = client.get("/?question=food&granularity=month")
    assert sent.status_code == 303
    form = client.get(sent.headers["location"]).text
    [to] = re.findall('name="to" value="([^"]*)"', form)
    answer = sign_in(client, to=to.replace("&amp;", "&"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?question=food&granularity=month")
    page = client.get("/").text
    assert re.search('id="visitor"[^>]*>anna<', page)
    assert 'action="/sign-out"' in page


def test_a_new_server_says_how_to_begin_until_there_is_somebody(browser_of, people):
    stranger = browser_of()
    assert "pet person add" in stranger.get("/sign-in").text
    people.add("ada")
    assert "pet person add" not in stranger.get("/sign-in").text


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "evil", "", "/" + "x" * 2001]
)
def test_nobody_is_sent_on_to_another_site(people, browser_of, to):
    people.add("anna")
    assert sign_in(browser_of(), to=to).headers["location"] == "/"


def test_a_wrong_attempt_shows_the_error_summary_and_keeps_the_address(people, browser_of):
    people.add("anna")
    answer = sign_in(browser_of(), password="wrong")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert '<a href="#email">The e-mail address or the password is wrong.</a>' in text_of(answer)
    assert 'value="anna@example.org"' in answer.text
    assert "wrong" not in answer.text.replace("password is wrong", "")  # no password is ever sent back
    assert "<title>Error: Sign in" in answer.text
    assert "set-cookie" not in answer.headers


def test_what_is_missing_is_asked_for(browser_of):
    text = text_of(sign_in(browser_of(), " ", ""))
    assert '<a href="#email">Enter your e-mail address</a>' in text
    assert '<a href="#password">Enter your password</a>' in text


def test_a_letter_that_no_database_keeps_is_a_wrong_address(browser_of):
    assert sign_in(browser_of(), "anna\x00@example.org").status_code == 422
    assert sign_in(browser_of(), "a" * 5000).status_code == 422
    assert sign_in(browser_of(), password="x" * 100_000).status_code == 422


def test_too_many_attempts_are_told_with_how_long_to_wait(people, browser_of):
    people.add("anna")
    client = browser_of()
    for _ in range(5):
        sign_in(client, password="wrong")
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert "Try again in 1 minute." in answer.text


def test_signing_out_is_asked_about_and_done(people, browser_of):
    people.add("anna", read_only="organisation")
    client = browser_of()
    sign_in(client)
    assert client.get("/sign-out").status_code == 200
    assert client.get("/").status_code == 200  # to look at the page signs nobody out
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/").status_code == 303


def test_a_first_password_is_changed_before_anything_else(people, browser_of, engine, figures):
    people.add("anna", read_only="organisation")
    with Session(engine) as session, session.begin():
        person = find_person(session, figures.organisation_id, "anna@example.org")
        first = give_first_password(session, person, Clock()())
    client = browser_of()
    assert sign_in(client, password=first).headers["location"] == "/password"
    assert "The two" not in client.get("/password").text
    wrong = client.post("/password", data={"old": "no", "new": "another fine password"})
    assert (wrong.status_code, "not your present password" in wrong.text) == (422, True)
    short = client.post("/password", data={"old": first, "new": "short"})
    assert '<a href="#new">A password has 12 to 128 letters' in text_of(short)
    done = client.post("/password", data={"old": first, "new": "another fine password"})
    assert "Your password is changed" in done.text
    assert sign_in(browser_of(), password="another fine password").headers["location"] == "/"


def test_fields_may_be_pasted_into_and_filled_by_password_managers(browser_of):
    text = browser_of().get("/sign-in").text
    assert re.search('<input[^>]*id="email"[^>]*autocomplete="username"', text)
    assert re.search('<input[^>]*id="password"[^>]*autocomplete="current-password"', text)
    assert "onpaste" not in text
    assert "<script" not in text


def test_a_role_without_the_right_is_told_so_and_not_sent_in_circles(people, browser_of):
    people.add("anna")
    client = browser_of()
    sign_in(client)
    answer = client.get("/")
    assert answer.status_code == 403
    assert "no right to see figures" in answer.text


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_in_a_real_browser_one_signs_in_and_out(people, settings, width, tmp_path):
    people.add("anna", read_only="organisation")
    with serving(create_app(settings), real_doors=True) as site, Browser(need("chromium")) as browser:
        browser.open(f"{site.url}/", width)
        browser.until("location.pathname === '/sign-in'")
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        for field, value in {"email": "anna@example.org", "password": PASSWORD}.items():
            browser.evaluate(f"document.getElementById('{field}').value = '{value}'")
        browser.click("form[action='/sign-in'] button")
        browser.until("location.pathname === '/' && document.getElementById('visitor')")
        assert browser.evaluate("document.getElementById('visitor').textContent") == "anna"
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        assert browser.evaluate("document.cookie") == ""
        browser.screenshot(tmp_path / "in.png")
        browser.click("#sign-out")
        browser.until("location.pathname === '/sign-in'")
        browser.open(f"{site.url}/", width)
        browser.until("location.pathname === '/sign-in'")
        assert browser.complaints == []
