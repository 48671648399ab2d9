"""Requests that change something, and people who may do only so much."""

import httpx

from server.accounts.rights import RIGHTS, Role
from server.accounts.viewer import Viewer

ORGANISATION = 1


def ask(site, method, path, **options):
    return httpx.request(method, f"{site.url}/api/v1{path}", timeout=60, **options)


def somebody(role, *teams, actor="somebody"):
    """Whoever has this role for these teams; without teams, for the whole organisation."""
    reach = frozenset(teams) if teams else None
    return Viewer(ORGANISATION, actor, dict.fromkeys(RIGHTS[Role(role)], reach))


def pointers(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return [error["pointer"] for error in answer.json()["errors"]]
