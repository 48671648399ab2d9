"""What can be asked about, and whether the reference describes what is there."""

import pytest
from sqlalchemy import text

from server.api.query import MEANINGS
from tests.server.figures import QUESTIONS, Figures


def test_meta_lists_the_names_that_a_question_uses(figures, site):
    device = figures.device("PET-0001")
    meta = site.get("/api/v1/meta").json()
    assert meta["organisations"] == [
        {"organisation": figures.organisation_id, "name": "Community Trust", "timezone": "Europe/London"}
    ]
    assert [(each["service"], each["name"]) for each in meta["services"]] == [("beds", "Beds"), ("home", "Home")]
    assert {"team": "north", "name": "North", "service": "home"} in meta["teams"]
    assert meta["devices"] == [{"device": device, "name": "PET-0001", "serial": "PET-0001", "state": "active"}]
    assert {question["question"] for question in meta["questions"]} == set(QUESTIONS)
    for kind in ("service", "team", "device", "question"):
        for named in meta[f"{kind}s"]:
            site.series(**{kind: named[kind]})


@pytest.mark.usefixtures("figures")
def test_meta_tells_of_no_other_organisation(engine, site):
    other = Figures(engine, name="Another Trust", references=(9,))
    assert len(site.get("/api/v1/meta").json()["organisations"]) == 1
    assert site.get("/api/v1/meta", {"organisation": other.organisation_id}).status_code == 404
    assert site.get("/api/v1/meta", {"organisation": "x"}).headers["content-type"] == "application/problem+json"


def test_the_reference_documents_every_parameter_and_refusal(site):
    reference = site.get("/api/v1/openapi.json").json()
    operation = reference["paths"]["/api/v1/stats/timeseries"]["get"]
    assert operation["operationId"] == "timeseries"
    assert {each["name"]: each["description"] for each in operation["parameters"]} == MEANINGS
    assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert "HTTPValidationError" not in site.get("/api/v1/openapi.json").text


def test_health_and_readiness_are_told_apart(site):
    assert site.get("/healthz").json() == {"status": "ok"}
    assert site.get("/readyz").json() == {"status": "ok"}


def test_questions_of_a_checklist_are_no_patients_questions(figures, site):
    """Those that only an audit asks are not listed where patients' answers are asked about."""
    with figures.engine.begin() as connection:
        connection.execute(text("UPDATE questionnaire_version SET kind = 'audit' WHERE reference = 2"))
        connection.execute(text("DELETE FROM version_option WHERE reference = 1 AND position = 3"))
        connection.execute(text("DELETE FROM version_question WHERE reference = 1 AND position = 3"))
    listed = site.get("/api/v1/meta").json()["questions"]
    assert {each["question"] for each in listed} == {"food", "hands"}
    rows = site.get("/api/v1/stats/breakdown", {"by": "question"}).json()["data"]
    assert {each["code"] for each in rows} == {"food", "hands"}
