"""The pages of administration are tested with real accounts, signed in as a browser is."""

import re

import pytest

from tests.server.accounts.conftest import app, clock, people, visit

__all__ = ["app", "clock", "people", "visit"]


class Forms:
    """A signed-in browser that fills in forms: `send(page, action, **fields)` with the key that the page holds."""

    def __init__(self, client):
        self.client = client
        client.headers["accept"] = "text/html"

    def page(self, path):
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def key(self, page, action):
        """Of the form on this page that goes to `action`."""
        form = re.search(
            rf'<form action="{re.escape(action)}".*?name="key" value="([^"]+)"', self.page(page), re.DOTALL
        )
        assert form, f"{page} has no form that goes to {action}"
        return form[1]

    def send(self, page, action, key=None, **fields):
        named = {name.replace("__", "-"): value for name, value in fields.items()}
        return self.client.post(action, data={"key": key or self.key(page, action)} | named)


@pytest.fixture
def ada(people, visit):
    """Administrator of everything."""
    return Forms(visit(people.add("ada", administrator="organisation")))


@pytest.fixture
def bea(people, visit):
    """Administrator of one directorate."""
    return Forms(visit(people.add("bea", administrator="directorate:beds-directorate")))


@pytest.fixture
def auditor(people, visit):
    return Forms(visit(people.add("auditor", auditor="organisation")))


@pytest.fixture
def forms(people, visit):
    """`forms("carl", matron="team:leek")`: somebody with these roles, signed in."""
    return lambda name, **roles: Forms(visit(people.add(name, **roles)))
