"""What is printed is exactly one page, also of whoever has most to say, and nothing of it is cut off."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.improvement import actions, concerns, recognition
from tests.browser import Browser
from tests.parts import need
from tests.server.conftest import NOW
from tests.server.web.improving.scene import TODAY

LONG = "Words that go on and on so that a line of print is never enough for them, " * 2
PRINTED_WIDTH_PX = 703  # A4 less its margins of 12 mm, at 96 px an inch


@pytest.fixture(scope="module")
def browser():
    with Browser(need("chromium")) as browser:
        yield browser


@pytest.fixture
def crowded(figures, story):
    """A dozen concerns of leek, each with three late steps; credit with a page of words."""
    viewer = everything(figures.organisation_id, "matron@example.org")
    with Session(figures.engine) as session, session.begin():
        for number in range(12):
            new = concerns.NewConcern("food", None, "leek", None, f"{number}. {LONG}", "")
            concern = concerns.raise_concern(session, viewer, new, NOW)
            steps = [actions.NewStep(LONG, TODAY - timedelta(days=each), owner=LONG) for each in (1, 2, 3)]
            plan = actions.NewAction(concern.concern_id, LONG, started_on=TODAY - timedelta(weeks=number), steps=steps)
            actions.add_action(session, viewer, plan, NOW, TODAY)
        credit = recognition.NewRecognition("leek", LONG, LONG * 12, TODAY)
        number = recognition.recognise(session, viewer, credit, NOW, TODAY).recognition_id
    return story | {"recognition": number}


@pytest.mark.parametrize(
    ("path", "millimetres"),
    [
        ("/improve/meeting/{team}", (210, 297)),
        ("/improve/recognition/{recognition}", (297, 210)),
        ("/p/{slug}/poster", (210, 297)),
    ],
)
def test_it_is_one_page(browser, site, crowded, path, millimetres):
    browser.open(site.url + path.format(**crowded), 1280)
    pages = browser.printed()
    assert [(round(width), round(height)) for width, height in pages] == [millimetres]


@pytest.mark.usefixtures("crowded")
def test_nothing_of_the_sheet_is_cut_off(browser, site):
    browser.open(f"{site.url}/improve/meeting/leek", PRINTED_WIDTH_PX)
    browser.as_printed(shown=True)
    try:
        room = browser.evaluate(
            "(() => { const e = document.querySelector('.sheet'); return e.scrollHeight - e.clientHeight; })()"
        )
        assert room <= 0
        assert browser.evaluate("getComputedStyle(document.querySelector('.nhsuk-header')).display") == "none"
    finally:
        browser.as_printed(shown=False)
