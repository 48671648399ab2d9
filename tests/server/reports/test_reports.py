"""A month's report: the figures of the interface, frozen, issued once, and told to its audience only."""

import json
import re
import subprocess
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.parts import need
from tests.server.figures import Pass

pytestmark = pytest.mark.usefixtures("story")


def sheet(office, number, name, **parameters):
    """The rows of a sheet of the workbook, by its header."""
    answer = office.ask("GET", f"/reports/{number}.xlsx", 200, params=parameters)
    rows = load_workbook(BytesIO(answer.content))[name].iter_rows(values_only=True)
    head = next(rows)
    return [dict(zip(head, row, strict=True)) for row in rows]


def text_of(office, number, tmp_path):
    """What the PDF says, as a reader would copy it."""
    path = tmp_path / "report.pdf"
    path.write_bytes(office.ask("GET", f"/reports/{number}.pdf", 200).content)
    program = [need("pdftotext"), "-layout", path, "-"]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("kind", ["monthly", "commissioner"])
def test_snapshot_workbook_pdf_and_interface_give_the_same_figures(office, tmp_path, kind):
    anna = office("anna", administrator="organisation")
    reader = anna if kind == "monthly" else office("carl", commissioner="organisation")
    number = anna.issued(kind=kind)["report"]
    content = reader.get(f"/reports/{number}")["content"]
    said = text_of(reader, number, tmp_path)
    asked = {"period": "2026-10"}
    summary = reader.get("/stats/summary", **asked)
    assert content["summary"]["data"] == summary["data"]
    assert content["summary"]["thirteen_weeks"] == summary["thirteen_weeks"]
    for by, name in {"service": "services", "team": "teams", "question": "questions"}.items():
        rows = reader.get("/stats/breakdown", by=by, **asked)["data"]
        assert content[name] == rows
        written = sheet(reader, number, name)
        assert [(row["code"], row["n"], row["positive"], row["positivity"]) for row in written] == [
            (row["code"], row["n"], row["positive"], row["positivity"]) for row in rows
        ]
        for row in rows:
            line = next(line for line in said.splitlines() if line.strip().startswith(row["name"]))
            assert f"{row['n']:,}" in line
            assert f"{row['positivity']:.1f}%" in line
            assert f"{row['ci95'][0]:.1f} to {row['ci95'][1]:.1f}%" in line
    devices = sheet(reader, number, "devices")
    assert [row["n"] for row in devices] == [row["n"] for row in content["devices"]]
    assert sum(row["n"] for row in devices) == summary["data"][0]["n"] == sheet(reader, number, "month")[0]["n"]
    silent = "PET-silent" if kind == "monthly" else devices[-1]["name"]
    assert next(row for row in devices if row["name"] == silent)["verdict"] == "no data"
    assert "no data" in next(line for line in said.splitlines() if silent in line)


def test_what_is_issued_never_changes_and_a_revision_says_what_did(office, figures, story, engine):
    anna = office("anna", administrator="organisation")
    made = anna.report()
    again = anna.report()  # of a draft, the figures are made anew: it is the same report
    assert again["report"] == made["report"]
    number = made["report"]
    anna.post(f"/reports/{number}/reissue", {"reason": "too early"}, 409)
    issued = anna.post(f"/reports/{number}/issue")
    assert issued["state"] == "issued"
    files = {form: anna.ask("GET", f"/reports/{number}.{form}", 200).content for form in ("pdf", "xlsx")}
    assert {form: sha256(file).hexdigest() for form, file in files.items()} == {
        form: issued[f"{form}_sha256"] for form in files
    }
    with engine.connect() as connection:
        head = "SELECT encode(hash, 'hex') FROM audit_log WHERE sequence = :sequence"
        assert connection.scalar(text(head), {"sequence": issued["audit_sequence"]}) == issued["audit_hash"]
        whole = connection.scalar(text("SELECT snapshot FROM report_revision"))
        canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        assert sha256(canonical.encode()).hexdigest() == issued["snapshot_sha256"]
    # A device delivers five answers more of October.
    device = story["haywood"][0]
    figures.enter(Pass(device, date(2026, 10, 14), (5, 2, 5)) for _ in range(5))
    before = anna.get(f"/reports/{number}")["content"]
    assert {form: anna.ask("GET", f"/reports/{number}.{form}", 200).content for form in files} == files
    anna.report(status=409)
    anna.post(f"/reports/{number}/issue", status=409)
    revised = anna.post(f"/reports/{number}/reissue", {"reason": "A device of Haywood was late."}, 202)
    assert revised["revision"] == 2
    draft = anna.get(f"/reports/{number}")
    assert draft["state"] == "draft"
    assert draft["content"]["summary"]["data"][0]["n"] == before["summary"]["data"][0]["n"] + 15
    assert any("PET-haywood-1" in line for line in draft["content"]["changes"])
    anna.post(f"/reports/{number}/issue")
    assert anna.ask("GET", f"/reports/{number}.pdf", 200, params={"revision": 1}).content == files["pdf"]
    assert [row["state"] for row in anna.get(f"/reports/{number}")["revisions"]] == ["issued", "issued"]
    for change in (
        "UPDATE report_revision SET reason = 'x'",
        "DELETE FROM report_revision",
        "UPDATE report SET kind = 'board'",
    ):
        with pytest.raises(ProgrammingError, match="never changes"), engine.begin() as connection:
            connection.execute(text(change))


def test_a_report_is_told_to_its_audience_only(office):
    boss = office("boss", administrator="organisation")
    anna = office("anna", manager="service:beds")
    north = office("nora", manager="service:home")
    carl = office("carl", commissioner="organisation")
    leek = office("lee", manager="team:leek")
    number = anna.report(service="beds")["report"]
    assert carl.get("/reports")["data"] == north.get("/reports")["data"] == []
    leek.post(f"/reports/{number}/issue", status=404)  # of leek alone, they may not see what is of the service
    leek.post("/reports", {"kind": "monthly", "month": "2026-10", "service": "beds"}, 403)
    for other in (north, carl):
        for path in ("", ".pdf", ".xlsx"):
            other.ask("GET", f"/reports/{number}{path}", 404)
    carl.post("/reports", {"kind": "monthly", "month": "2026-10"}, 403)
    north.post("/reports", {"kind": "monthly", "month": "2026-10", "service": "beds"}, 404)
    anna.post(f"/reports/{number}/issue")
    north.get(f"/reports/{number}", 404)
    carl.get(f"/reports/{number}", 404)  # from inside: not for who sees from outside
    content = anna.get(f"/reports/{number}")["content"]
    assert "north" not in json.dumps(content).lower()
    outside = boss.report(kind="commissioner")["report"]
    carl.get(f"/reports/{outside}", 404)  # a draft
    boss.post(f"/reports/{outside}/issue")
    assert carl.get(f"/reports/{outside}")["content"]["summary"]["meta"]["view"] == "outside"
    anna.get(f"/reports/{outside}", 404)  # of the whole
    assert [row["report"] for row in carl.get("/reports")["data"]] == [outside]


def test_what_cannot_be_made_is_refused_with_the_reason(office):
    boss = office("boss", administrator="organisation")
    for body, pointer in (
        ({"kind": "monthly", "month": "2026-11"}, "/body/month"),  # it is not over
        ({"kind": "monthly", "month": "2026-13"}, "/body/month"),
        ({"kind": "board", "month": "2026-10", "service": "beds"}, "/body/service"),
    ):
        assert boss.post("/reports", body, 422)["errors"][0]["pointer"] == pointer
    first = boss.post("/reports", {"kind": "board", "month": "2026-10"}, 202, **{"Idempotency-Key": "one"})
    assert boss.post("/reports", {"kind": "board", "month": "2026-10"}, 202, **{"Idempotency-Key": "one"}) == first


def test_the_pdf_is_the_same_bytes_each_time_and_tagged(office, clock, tmp_path):
    boss = office("boss", administrator="organisation")
    number = boss.report(kind="board")["report"]
    one = boss.ask("GET", f"/reports/{number}.pdf", 200).content
    clock.wait(minutes=20)
    assert boss.ask("GET", f"/reports/{number}.pdf", 200).content == one
    (tmp_path / "board.pdf").write_bytes(one)
    program = [need("pdftotext").with_name("pdfinfo"), tmp_path / "board.pdf"]
    told = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    assert re.search(r"Tagged: +yes", told)
    assert int(re.search(r"Pages: +(\d+)", told)[1]) <= 2
    assert "Patient experience: report to the board" in told
    pages = boss.get(f"/reports/{number}")["content"]
    assert {row["name"] for row in pages["icons"]} == {"Beds", "Home"}


def test_who_has_read_it_is_known(office, clock):
    boss, anna = office("boss", administrator="organisation"), office("anna", manager="service:beds")
    number = anna.issued(service="beds")["report"]
    assert anna.get(f"/reports/{number}")["readers"] == []
    anna.ask("GET", f"/reports/{number}.pdf", 200)
    clock.now += timedelta(minutes=10)
    anna.post(f"/reports/{number}/acknowledge")
    [reader] = boss.get(f"/reports/{number}")["readers"]
    assert reader["name"] == "anna"
    assert reader["acknowledged_at"] > reader["opened_at"]
