"""Many who set the same thing at once: one after the other, and nobody's word is lost or said twice."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.tables import RoleGrant
from server.accounts.viewer import Viewer
from server.fleet.tables import Target
from tests.server.api.asking import ORGANISATION, ask
from tests.server.ingest.ward import definition

WRITERS = 8


def at_once(site, path, body_of, method="POST"):
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda number: ask(site, method, path, json=body_of(number)), range(WRITERS)))
    return sorted(answer.status_code for answer in answers)


def rows(engine, table):
    with Session(engine) as session:
        return list(session.scalars(select(table)))


@pytest.mark.usefixtures("figures")
def test_one_target_holds_for_the_same_from_the_same_day(site, engine):
    statuses = at_once(
        site, "/targets", lambda number: {"value": 80 + number, "from": "2026-12-01", "scope": "organisation"}
    )
    assert statuses == [201] + [409] * (WRITERS - 1)
    assert len(rows(engine, Target)) == 1


@pytest.mark.usefixtures("figures")
def test_one_account_has_an_address_and_one_grant_a_role(site, engine):
    site.viewer = Viewer(ORGANISATION, "ada", dict.fromkeys(Right))  # a person: accounts are not for programs
    assert at_once(site, "/people", lambda _: {"email": "q@example.org", "name": "Q"}) == [201] + [422] * (WRITERS - 1)
    role = {"role": "board", "on": "organisation"}  # given twice, it would be taken away once
    assert at_once(site, "/people/1/grants", lambda _: role) == [201] + [422] * (WRITERS - 1)
    assert len(rows(engine, RoleGrant)) == 1


@pytest.mark.usefixtures("figures")
def test_every_step_of_a_plan_is_kept(site):
    plan = {"title": "Serve it hot", "steps": [step(0)]}
    concern = ask(site, "POST", "/concerns", json={"question": "food", "team": "leek", "title": "Cold", "action": plan})
    [action] = concern.json()["actions"]
    assert at_once(site, f"/actions/{action['action']}/steps", step) == [201] * WRITERS
    steps = ask(site, "GET", f"/actions/{action['action']}").json()["steps"]
    assert [each["step"] for each in steps] == list(range(1, WRITERS + 2))


def test_what_has_a_name_of_its_own_is_made_once(ward, keyed_site):
    """Each creating route whose rows have a natural key: one makes it, the others are told, and nobody gets a 500."""
    ward.handheld()
    ward.handheld("B", placed_at=None)

    def race(path, **body):
        return at_once(keyed_site, path, lambda _: body)

    once, elsewhere = [201] + [409] * (WRITERS - 1), {"team": "night", "location": "ward-1"}
    clinic = deepcopy(definition()) | {"code": "clinic", "name": "Clinic"}
    assert race("/devices", serial="X-1") == once
    assert race("/devices", serial="X-2", mac="24:0A:C4:00:00:07") == once
    assert race("/questionnaires", definition=clinic) == once
    published = race("/questionnaires/clinic/publish", revision=1)
    assert published[0] == 201
    assert set(published[1:]) <= {404, 409}  # a draft that is published is gone
    assert race("/placements", device="00000002", from_at="2026-03-02T13:00:00Z", **elsewhere) == once
    assert race("/devices/00000001/moves", from_at="2026-03-02T13:00:00Z", **elsewhere) == once
    settings = {"stages": ["arrival", "stay"], "sync_backlog": 5}
    assert race("/devices/00000001/commands", settings=settings) == [202] * WRITERS
    word = {"scope": "team", "name": "day", "opted_in": True}
    assert at_once(keyed_site, "/league/areas", lambda _: word, "PUT") == [200] * WRITERS


def step(number):
    return {"what": f"Step {number}", "owner": "chef", "due_on": "2026-12-01"}
