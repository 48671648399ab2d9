"""A report's pages in a real browser: accessible, within the screen, by keyboard alone and without scripts."""

import httpx
import pytest
from sqlalchemy.orm import Session

from server.accounts.people import add_person
from server.reports.subscriptions import subscribe
from tests.browser import Browser
from tests.parts import need
from tests.server.conftest import NOW, may_everything
from tests.server.web.axe import check, unreached

DESK, PHONE = 1280, 390
pytestmark = pytest.mark.usefixtures("story")


@pytest.fixture(scope="module")
def browser():
    with Browser(need("chromium")) as browser:
        yield browser


def post(site, path, body=None):
    answer = httpx.post(f"{site.url}/api/v1{path}", json=body, timeout=60)
    assert answer.is_success, answer.text
    return answer.json()


def look(browser, site, path):
    said = []
    for width in (DESK, PHONE):
        browser.open(site.url + path, width)
        said.append(browser.evaluate("document.querySelector('main').innerText"))
        assert check(browser, site) == [], (path, width)
        assert unreached(browser) == [], (path, width)
    browser.allow_scripts(False)
    browser.open(site.url + path, PHONE)
    assert browser.evaluate("document.querySelector('main').innerText") == said[1]
    browser.allow_scripts(True)


@pytest.mark.parametrize("kind", ["monthly", "commissioner", "board"])
def test_a_report_as_draft_and_as_issued(browser, site, kind):
    made = post(site, "/reports", {"kind": kind, "month": "2026-10"})
    path = f"/reports/{made['report']}"
    look(browser, site, path)
    post(site, f"{path}/issue")
    look(browser, site, path)


def test_where_mails_end(browser, site, engine, figures):
    with Session(engine) as session, session.begin():
        person = add_person(session, figures.organisation_id, "anna@example.org", "Anna", NOW)
        viewer = may_everything(site.app)
        secret = subscribe(session, viewer, "digest", person.person_id, NOW).subscription.secret
    look(browser, site, f"/unsubscribe/{secret}")
