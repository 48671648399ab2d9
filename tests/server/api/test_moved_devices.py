"""Targets and rebases of a device that has moved: nobody changes the past of a team that is not theirs."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.server.api.asking import ask, somebody

MOVED = datetime(2026, 9, 30, 23, tzinfo=UTC)  # midnight in London: October is of its new team


@pytest.fixture
def moved(figures):
    """A device of haywood until the end of September, of north from then on."""
    device = figures.device("PET-1", team="haywood")
    figures.move(device, "north", MOVED)
    return device


def setting(site, device, day):
    """The answers to a target and to a rebase of the device, both from this day on."""
    target = {"scope": "device", "name": device, "value": 40, "from": day}
    rebase = {"scope": "device", "name": device, "day": day, "reason": "A lasting change."}
    return [ask(site, "POST", "/targets", json=target), ask(site, "POST", "/rebases", json=rebase)]


def test_the_past_of_its_former_team_is_not_its_new_commissioner_s(figures, site, moved):
    site.viewer = somebody("commissioner", figures.teams["north"])
    for answer in setting(site, moved, "2026-09-30"):
        assert answer.status_code == 403, answer.text
        assert "who sets targets for all of its teams since then" in answer.json()["detail"]
    assert [answer.status_code for answer in setting(site, moved, "2026-10-01")] == [201, 201]


def test_who_sets_targets_for_both_teams_may_and_the_other_may_not_undo_it(figures, site, moved):
    site.viewer = somebody("commissioner", figures.teams["north"], figures.teams["haywood"])
    made = setting(site, moved, "2026-03-02")
    assert [answer.status_code for answer in made] == [201, 201]
    address = f"/rebases/{made[1].json()['rebase']}"
    site.viewer = somebody("commissioner", figures.teams["north"])
    assert ask(site, "DELETE", address).status_code == 403
    site.viewer = somebody("commissioner")
    assert ask(site, "DELETE", address).status_code == 204


def test_a_team_that_nurses_may_choose_is_one_of_its_teams(engine, figures, site, moved):
    with engine.begin() as connection:
        choices = text("UPDATE placement SET team_choices = ARRAY[CAST(:leek AS integer)] WHERE to_at IS NULL")
        connection.execute(choices, {"leek": figures.teams["leek"]})
    site.viewer = somebody("commissioner", figures.teams["north"])
    assert [answer.status_code for answer in setting(site, moved, "2026-11-01")] == [403, 403]
    site.viewer = somebody("commissioner", figures.teams["north"], figures.teams["leek"])
    assert [answer.status_code for answer in setting(site, moved, "2026-11-01")] == [201, 201]
