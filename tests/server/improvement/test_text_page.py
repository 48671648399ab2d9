"""A text approved on its page is, letter by letter, what the devices of its team fetch for their idle screen."""

import httpx

from protocol.messages import ITEM_TEXTS
from server.fleet.texts import texts_package
from server.ingest.due import refresh_due
from tests.server.conftest import NOW
from tests.server.ingest.ward import KEY_RING
from tests.server.roll_out import Operator, fetch, greet

SAID = "You said loud. We bought soft bins."
TEXTS = (ITEM_TEXTS, 0)


def test_a_text_approved_on_its_page_reaches_the_idle_screens_and_leaves_them(office, ward):
    handheld = ward.handheld()
    Operator(ward).assign()
    browser = httpx.Client(base_url=office.site.url, headers={"accept": "text/html", "origin": office.site.url})

    def press(path, **form):
        answer = browser.post(f"/improve/you-said{path}", data=form)
        assert answer.status_code == 303, answer.text

    def held():
        refresh_due(ward.engine, KEY_RING, NOW)
        item = greet(ward, handheld)[1].get(TEXTS)
        return item and fetch(ward, handheld, item)

    office.be("matron", "day")
    press("", **{"words-en": SAID, "place": "team:day"})
    assert held() is None
    office.be("manager", "day")
    press("/1/approve")
    assert held() == texts_package([{"en": SAID}], ["en"])
    press("/1/withdraw")
    assert held() is None
    browser.close()
