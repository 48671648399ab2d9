"""Every page in a real browser, for each role that may see it: accessible, within its screen, and by keyboard alone."""

import random
from datetime import date, timedelta

import pytest
from fastapi.routing import iter_route_contexts

from server.accounts.rights import RIGHTS, Role
from server.accounts.viewer import Viewer
from tests.browser import Browser
from tests.parts import need
from tests.server.figures import Pass
from tests.server.web.axe import check, unreached
from tests.server.web.every_page import FURNISH, PAGES
from tests.server.web.pages import ELSEWHERE

TODAY = date(2026, 11, 23)
DESK, PHONE = 1280, 390
PROGRAMS = ("/api/", "/metrics", "/healthz", "/readyz", "/static")
ANYWHERE = (Role.ADMINISTRATOR, Role.OPERATIONS, Role.COMMISSIONER, Role.BOARD, Role.AUDITOR)


@pytest.fixture(scope="module")
def browser():
    with Browser(need("chromium")) as browser:
        yield browser


@pytest.fixture
def words(figures):
    """A year of an organisation with seven devices; what the paths of pages are filled with."""
    dice = random.Random(6)
    figures.target("0.85")
    placed = {"haywood": 3, "leek": 3, "north": 1}
    devices = [
        (figures.device(f"PET-{team}-{number}", team=team), team)
        for team, amount in placed.items()
        for number in range(amount)
    ]
    figures.enter(
        Pass(
            device,
            TODAY - timedelta(days=dice.randrange(1, 364)),
            dice.choices(((1, 1, 1), (4, 2, 3)), (80, 20))[0],
            team=team,
            flagged=dice.random() < 0.02,
        )
        for device, team in dice.choices(devices, k=700)
    )
    found = {"device": devices[3][0]}  # of leek, where matrons and managers have their role
    for furnish in FURNISH:
        found |= furnish(figures) or {}
    return found


def viewer(figures, role):
    """Somebody signed in with this role: on the whole organisation, or on the team leek as such roles are given."""
    teams = None if role in ANYWHERE else frozenset({figures.teams["leek"]})
    reach = dict.fromkeys(RIGHTS[role], teams)
    return Viewer(figures.organisation_id, f"person {role}", reach, name=f"Somebody, {role}")


def may_see(page):
    """The roles that may."""
    return [role for role in Role if page.right is None or page.right in RIGHTS[role]]


def test_every_page_is_in_the_table(site):
    known = {
        route.path
        for route in iter_route_contexts(site.app.routes)
        if "GET" in (getattr(route, "methods", None) or ()) and not route.path.startswith(PROGRAMS)
    }
    assert known == {page.route for page in PAGES} | ELSEWHERE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.address)
def test_nothing_is_wrong_with_the_page_for_anybody_who_may_see_it(browser, site, figures, words, page):
    path, looked_at, wrong = page.address.format(**words), set(), []
    for role in may_see(page):
        site.viewer = viewer(figures, role)
        answer = site.page(path)
        assert answer.status_code == page.status, (role, answer.text[-400:])
        if (seen := answer.text.replace(str(role), "")) in looked_at:
            continue  # the same as somebody else's
        looked_at.add(seen)
        for width in (DESK, PHONE):
            browser.open(site.url + path, width)
            if page.status >= 400:
                browser.complaints[:] = [each for each in browser.complaints if "status of" not in each]
            wrong += [f"{role} at {width}: {each}" for each in check(browser, site)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.address)
def test_the_keyboard_alone_reaches_everything(browser, site, words, page):
    for width in (DESK, PHONE):
        browser.open(site.url + page.address.format(**words), width)
        assert unreached(browser) == [], width


@pytest.mark.parametrize("page", [page for page in PAGES if page.route != "/try"], ids=lambda page: page.address)
def test_the_page_says_the_same_without_scripts(browser, site, words, page):
    said = []
    for allowed in (True, False):
        browser.allow_scripts(allowed)
        browser.open(site.url + page.address.format(**words), DESK)
        said.append(browser.evaluate("document.querySelector('main').innerText"))
    browser.allow_scripts(True)
    assert said[0] == said[1]


def test_a_role_without_the_right_gets_no_page(site, figures, words):
    for page in PAGES:
        for role in set(Role) - set(may_see(page)):
            site.viewer = viewer(figures, role)
            assert site.page(page.address.format(**words)).status_code == 403, (page, role)
