"""Imports over the interface: every fault with its pointer, all or nothing, nothing twice."""

import pytest

from server.accounts.idempotency_tables import IdempotencyKey
from server.imports.tables import ResponseImport
from server.ingest.tables import Response
from tests.server.api.asking import ask, pointers, somebody
from tests.server.imports.files import FIRST, SECOND, made

CSV = {"Content-Type": "text/csv"}

pytestmark = pytest.mark.usefixtures("ward")


def send(site, data, query="", **headers):
    return ask(site, "POST", f"/imports{query}", content=data, headers=CSV | headers)


def test_a_body_is_imported_and_repeated_without_doubling(ward, site):
    answer = send(site, made(FIRST, SECOND), "?mode=paper&source=cards")
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert (report["import"], report["new"], report["known"], report["accepted"]) == (1, 2, 0, True)
    assert report["teams"] == {"day": 1, "night": 1}
    assert answer.headers["location"] == "/api/v1/imports/1"
    again = send(site, made(FIRST, SECOND), "?source=cards").json()
    assert (again["import"], again["new"], again["known"]) == (None, 0, 2)
    assert len(ward.rows(Response)) == 2


def test_a_form_is_imported_too(site):
    form = {"data": {"source": "cards", "mode": "paper"}, "files": {"file": ("old.csv", made(FIRST), "text/csv")}}
    assert ask(site, "POST", "/imports", **form).status_code == 201
    [row] = ask(site, "GET", "/imports").json()["data"]
    assert (row["file_name"], row["source"], row["mode"], row["responses"]) == ("old.csv", "cards", "paper", 1)
    wrong = ask(site, "POST", "/imports", data={"sauce": "x"}, files={"file": ("old.csv", made(FIRST))})
    assert pointers(wrong) == ["/body/sauce"]


def test_a_dry_run_tells_all_and_stores_nothing(ward, site):
    before = ward.snapshot()
    answer = send(site, made(FIRST, SECOND.replace("fair", "splendid")), "?dry_run=true")
    assert (answer.status_code, answer.json()["accepted"], answer.json()["fault_count"]) == (200, False, 1)
    [fault] = answer.json()["faults"]
    assert (fault["line"], fault["column"], fault["value"]) == (3, "food", "splendid")
    assert ward.snapshot() == before


def test_a_fault_is_refused_at_its_line_and_column(ward, site):
    answer = send(site, made(FIRST, SECOND.replace("fair", "splendid")))
    assert (answer.status_code, pointers(answer)) == (422, ["/body/3/food"])
    assert ward.rows(Response) == []


def test_what_is_no_file_of_ours_is_refused(site):
    assert ask(site, "POST", "/imports", json={}).status_code == 415
    for answer in (send(site, b""), send(site, b"a,b\n1,\xff\n"), send(site, made(FIRST), "?mode=pigeon")):
        assert (answer.status_code, pointers(answer)) == (422, ["/body"])
    assert pointers(send(site, made(FIRST), "?sauce=x")) == ["/query/sauce"]


def test_the_same_key_says_the_same_answer_again(ward, site):
    answers = [send(site, made(FIRST), **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(ward.rows(IdempotencyKey)) == 1
    other = send(site, made(SECOND), **{"Idempotency-Key": "one"})
    assert pointers(other) == ["/header/Idempotency-Key"]


def test_the_file_is_handed_out_byte_for_byte_and_the_import_taken_back(ward, site):
    send(site, made(FIRST))
    assert ask(site, "GET", "/imports/1/file").content == made(FIRST)
    undone = ask(site, "DELETE", "/imports/1")
    assert (undone.status_code, undone.json()["undone_by"]) == (200, "test")
    assert ward.rows(Response) == []
    assert ask(site, "DELETE", "/imports/1").status_code == 409
    assert ask(site, "GET", "/imports/7").status_code == 404


def test_nobody_imports_for_or_sees_imports_of_teams_beyond_theirs(ward, site):
    send(site, made(FIRST, SECOND))
    site.viewer = somebody("operations", ward.team_id("day"))
    assert ask(site, "GET", "/imports").json()["data"] == []
    for method, path in (("GET", "/imports/1"), ("DELETE", "/imports/1")):
        assert ask(site, method, path).status_code == 404
    third = FIRST.replace("A-1", "A-9")
    assert pointers(send(site, made(third, SECOND.replace("A-2", "A-8")))) == ["/body/3/team"]
    assert send(site, made(third)).status_code == 201
    assert len(ask(site, "GET", "/imports").json()["data"]) == 1
    site.viewer = somebody("matron")
    assert send(site, made(FIRST)).status_code == 403
    assert len(ward.rows(ResponseImport)) == 2


def test_a_file_is_for_who_may_export_the_evidence_of_all_its_teams(ward, site):
    send(site, made(FIRST))
    send(site, made(FIRST.replace("A-1", "A-3"), SECOND))
    send(site, made(FIRST.replace("A-1", "A-4"), SECOND))  # its row of the night team is known already
    day = ward.team_id("day")
    for role in ("operations", "administrator", "manager", "board"):  # none is told single responses to the minute
        site.viewer = somebody(role)
        assert ask(site, "GET", "/imports/1/file").status_code == 403
    site.viewer = somebody("auditor", day)
    assert ask(site, "GET", "/imports/1/file").content == made(FIRST)
    assert [ask(site, "GET", f"/imports/{number}/file").status_code for number in (2, 3)] == [404, 404]


def test_imports_are_paged_newest_first(site):
    for number in range(3):
        send(site, made(FIRST.replace("A-1", f"B-{number}")))
    first = ask(site, "GET", "/imports?limit=2").json()
    assert [row["import"] for row in first["data"]] == [3, 2]
    second = ask(site, "GET", first["links"]["next"].removeprefix("/api/v1")).json()
    assert [row["import"] for row in second["data"]] == [1]
    assert second["links"]["next"] is None
