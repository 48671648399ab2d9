"""Stages of the journey asked for by name or number; a name that is none is an error that lists those there are."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from server.fleet.subjects import keep_stages
from server.fleet.tables import Organisation
from tests.server.figures import Pass

SUMMARY = "/api/v1/stats/summary"
OCTOBER = {"period": "2026-10"}


@pytest.fixture(autouse=True)
def staged(figures):
    """Two answers at no stage, three on the first visit, five at discharge."""
    with Session(figures.engine) as session, session.begin():
        keep_stages(session, session.get_one(Organisation, figures.organisation_id), ["First visit", "Discharge"])
    device = figures.device("PET-1")
    passes = [Pass(device, date(2026, 10, 8), (1,), stage=stage) for stage in [0] * 2 + [1] * 3 + [2] * 5]
    figures.enter(passes)


def ask(site, *stages):
    return site.get(SUMMARY, [*OCTOBER.items(), *(("stage", stage) for stage in stages)])


@pytest.mark.parametrize(
    ("stages", "numbers", "n"),
    [
        (["1"], [1], 3),
        (["First visit"], [1], 3),
        (["first-visit"], [1], 3),
        (["DISCHARGE"], [2], 5),
        (["discharge", "0"], [2, 0], 7),
        (["discharge", "2"], [2], 5),
    ],
)
def test_a_stage_is_asked_for_by_name_or_number(site, stages, numbers, n):
    answer = ask(site, *stages).json()
    assert answer["query"]["filters"]["stage"] == numbers
    assert answer["data"][0]["n"] == n


def test_a_name_that_is_no_stage_is_an_error_that_lists_them(site):
    answer = ask(site, "discharge", "last visit")
    assert answer.status_code == 404, answer.text
    [error] = answer.json()["errors"]
    assert error["parameter"] == "stage"
    assert error["detail"].startswith("There is no stage 'last visit' here. There is First visit, Discharge.")
