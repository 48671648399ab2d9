"""Flags, the audit log and evidence over the interface, each for whom it is."""

import io
import json
import zipfile
from datetime import timedelta

import httpx
import pytest

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.fleet import placements
from tests.server.ingest.ward import NOW

NOWHERE = frozenset()


@pytest.fixture
def handheld(ward):
    handheld = ward.handheld(choices=("night",))
    handheld.answer(1, 1, 1)
    handheld.answer(1, 1, 1, team=1)
    handheld.clock = NOW
    ward.sync(handheld)
    return handheld


@pytest.fixture
def somebody(ward, site, inspector):
    """Be somebody with these rights for the day team only."""

    def be(*rights, teams=None):
        here = frozenset({ward.team_id("day")}) if teams is None else teams
        site.viewer = Viewer(inspector.organisation_id(), "person 5", dict.fromkeys(rights, here))

    return be


def flag(site, key, **body):
    return httpx.patch(f"{site.url}/api/v1/responses/{key.name()}/flag", json=body, timeout=60)


def test_a_response_is_flagged_by_whoever_may_and_in_their_name(site, handheld, inspector, somebody):
    key = inspector.key(1, handheld)
    somebody(Right.FLAG, Right.SEE_DETAIL, Right.SEE_FIGURES)
    answer = flag(site, key, flagged=True, reason="children played")
    assert answer.status_code == 200, answer.text
    assert answer.json()["flagged"] is True
    assert [word["set_by"] for word in answer.json()["history"]] == ["person 5"]
    assert site.get(f"/api/v1/responses/{key.name()}/flag").json() == answer.json()
    assert flag(site, key, flagged=None, reason="mistaken").json()["flagged"] is False
    inspector.assert_clean(2)


def test_a_reason_says_what_was_seen_and_not_who_a_patient_is(site, handheld, inspector, somebody):
    key = inspector.key(1, handheld)
    somebody(Right.FLAG, Right.SEE_DETAIL, Right.SEE_FIGURES)
    answer = flag(site, key, flagged=True, reason="it is 943 476 5919 again")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/reason")
    assert site.get(f"/api/v1/responses/{key.name()}/flag").json()["history"] == []


def test_responses_of_other_teams_are_not_there(site, handheld, inspector, somebody):
    somebody(Right.FLAG, Right.SEE_DETAIL, Right.SEE_FIGURES)
    assert flag(site, inspector.key(2, handheld), flagged=True, reason="x").status_code == 404
    somebody(Right.SEE_DETAIL, Right.SEE_FIGURES)
    assert flag(site, inspector.key(1, handheld), flagged=True, reason="x").status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"flagged": True}, {"flagged": True, "reason": " "}, {"flagged": True, "reason": "x", "more": 1}]
)
def test_a_flag_needs_its_reason(site, handheld, inspector, body):
    answer = flag(site, inspector.key(1, handheld), **body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.usefixtures("handheld")
def test_the_audit_log_page_by_page(site, somebody):
    first = site.get("/api/v1/audit-log", {"limit": 3}).json()
    assert [row["sequence"] for row in first["data"]] == [first["head"]["sequence"] - back for back in range(3)]
    second = site.get(first["links"]["next"]).json()
    assert second["data"][0]["sequence"] == first["head"]["sequence"] - 3
    only = site.get("/api/v1/audit-log", {"action": "placement insert"}).json()
    assert {row["action"] for row in only["data"]} == {"placement insert"}
    assert site.get("/api/v1/audit-log", {"action": "x"}).status_code == 422
    somebody(Right.SEE_AUDIT_LOG, Right.SEE_FIGURES)
    assert site.get("/api/v1/audit-log").status_code == 403
    somebody(Right.SEE_FIGURES)
    assert site.get("/api/v1/audit-log").status_code == 403


def names(answer):
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return file.read("responses.ndjson").decode().count("\n"), file.read("batches.ndjson").decode().count("\n")


@pytest.mark.usefixtures("handheld")
def test_evidence_is_handed_over_within_what_an_auditor_may_see(site, somebody):
    assert names(site.get("/api/v1/evidence")) == (2, 1)
    assert names(site.get("/api/v1/evidence", {"team": "night", "from": "2026-03-01", "to": "2026-03-04"})) == (1, 1)
    somebody(Right.EXPORT_EVIDENCE, Right.SEE_FIGURES)
    assert names(site.get("/api/v1/evidence")) == (1, 0)
    assert site.get("/api/v1/evidence", {"team": "night"}).status_code == 404
    somebody(Right.SEE_FIGURES, Right.SEE_DETAIL)
    assert site.get("/api/v1/evidence").status_code == 403
    somebody(Right.EXPORT_EVIDENCE, Right.SEE_FIGURES, teams=NOWHERE)
    assert site.get("/api/v1/evidence").status_code == 403


@pytest.mark.parametrize("wrong", [{"from": "x"}, {"from": "2026-03-02", "to": "2026-03-02"}, {"teams": "day"}])
def test_a_wrong_filter_of_evidence_is_an_error(site, wrong):
    answer = site.get("/api/v1/evidence", wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_an_export_of_some_teams_tells_no_placement_for_others(site, ward, somebody):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1)
    ward.sync(handheld)
    ward.change("A", placements.end_placement, NOW + timedelta(days=1))
    ward.place("A", "night", NOW + timedelta(days=1))

    def told():
        archive = zipfile.ZipFile(io.BytesIO(site.get("/api/v1/evidence").content))
        return [json.loads(line)["team"] for line in archive.read("placements.ndjson").splitlines()]

    somebody(Right.EXPORT_EVIDENCE, Right.SEE_FIGURES)
    assert told() == ["day"]
    site.viewer = None
    assert told() == ["day", "night"]
