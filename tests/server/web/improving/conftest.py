"""The story that the pages of improvement are tested on, and somebody who sends forms as a browser does."""

import re

import httpx
import pytest

from server.accounts.rights import RIGHTS, Role
from server.accounts.viewer import Viewer
from tests.server.web.improving.scene import enter_story, furnish


def text_of(answer):
    """Without the white space that macros leave around elements."""
    return re.sub(r"(?<=[<>])\s+|\s+(?=[<>])", "", answer.text)


class Sender:
    """Opens pages, and sends the forms on them."""

    def __init__(self, site):
        self.site = site
        self.client = httpx.Client(base_url=site.url, headers={"accept": "text/html", "origin": site.url}, timeout=60)

    def send(self, path, status=303, **values):
        """Where it leads to, or the page that is answered. A field that is called status is `status_` here."""
        answer = self.client.post(path, data={name.rstrip("_"): value for name, value in values.items()})
        assert answer.status_code == status, answer.text[-2000:]
        return answer.headers.get("location") or text_of(answer)

    def post(self, path, body):
        """As a program."""
        answer = self.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def page(self, path, status=200):
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[-2000:]
        return text_of(answer)

    def key(self, page, form):
        """The hidden key of a form."""
        return re.search(rf'id="{form}"[^>]*><input type="hidden" name="key" value="([^"]+)"', page)[1]


@pytest.fixture
def story(figures):
    enter_story(figures)
    return furnish(figures)


@pytest.fixture
def sender(site):
    sender = Sender(site)
    yield sender
    sender.client.close()


@pytest.fixture
def be(site, figures):
    """From now on whoever asks has this role, for these teams or for all."""

    def become(role, *teams, name="somebody@example.org"):
        reach = frozenset(figures.teams[team] for team in teams) if teams else None
        rights = dict.fromkeys(RIGHTS[Role(role)], reach)
        site.viewer = Viewer(figures.organisation_id, name, rights, None, name)

    return become
