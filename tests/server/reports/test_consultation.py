"""The evidence of consultation: twelve months in one report, for who asks whether people were consulted."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from protocol.record import KIND_DECLINED
from tests.server.figures import Pass
from tests.server.reports.test_pages import cells, page

SAID = {"en": "You said: cold food. We did: hot trolleys."}
PLAN = {
    "title": "Hot trolleys",
    "steps": [{"what": "Interview patients", "due_on": "2026-12-01", "owner": "Matron"}],
}


@pytest.fixture
def loop(office, story, figures, clock):
    """Asked, found, done and told in November; the report is made in December."""
    figures.enter(
        Pass(story["leek"][0], date(2026, 11, day), (), team="leek", kind=KIND_DECLINED) for day in (3, 4, 18)
    )
    anna = office("anna", administrator="organisation")
    boss = office("boss", manager="organisation")
    anna.post(
        "/concerns", {"question": "food", "service": "beds", "title": "Cold food", "words": "x", "action": PLAN}, 201
    )
    for words, service in ((SAID, "beds"), ({"en": "Not of beds"}, "home"), ({"en": "Never approved"}, "beds")):
        made = anna.post("/you-said", {"words": words, "service": service}, 201)
        if "Never" not in words["en"]:
            boss.post(f"/you-said/{made['you_said']}/approve")
    clock.wait(weeks=2)  # and everybody is signed out
    return office("ada", administrator="organisation")


def test_it_holds_who_was_asked_what_was_found_what_was_done_and_what_was_told(office, loop):
    made = loop.report(kind="consultation", month="2026-11", service="beds")
    number = made["report"]
    told = loop.get(f"/reports/{number}")["content"]
    assert told["month_in_words"] == "twelve months to November 2026"
    held = told["consultation"]
    reader = office("carl", commissioner="organisation")
    summary = reader.get("/stats/summary", service="beds", **{"from": "2025-12-01", "to": "2026-12-01"})
    assert told["summary"]["data"] == summary["data"]
    answered = summary["data"][0]["responses"]
    assert held["asked"] == {"asked": answered + 3, "complete": answered, "partial": 0, "declined": 3}
    assert [(row["code"], row["asked"]) for row in held["services"]] == [("beds", answered + 3)]
    assert [row["month"] for row in held["months"]] == [*["2025-12"], *[f"2026-{month:02}" for month in range(1, 12)]]
    assert sum(row["asked"] for row in held["months"]) == answered + 3
    assert held["months"][-1]["declined"] == 3
    assert [(row["title"], row["origin"], row["raised_on"]) for row in held["found"]] == [
        ("Cold food", "by hand", "2026-11-23")
    ]
    assert [row["title"] for row in told["actions"]] == ["Hot trolleys"]
    assert [(row["words"], row["from"], row["to"]) for row in held["told"]] == [(SAID["en"], "2026-11-23", None)]

    text = page(loop, f"/reports/{number}").text
    assert f"people were asked {answered + 3:,} times: {answered:,} answered, 3 said no." in text
    assert cells(text, "asked")[0][1:] == [f"{answered + 3:,}", f"{answered:,}", "0", "3"]
    assert cells(text, "found")[0][:2] == ["Cold food", "by hand"]
    assert cells(text, "told")[0][1:] == ["23 November 2026", "still"]
    book = load_workbook(BytesIO(loop.ask("GET", f"/reports/{number}.xlsx", 200).content))
    assert [row[2] for row in book["asked"].iter_rows(min_row=2, values_only=True)] == [answered + 3]
    assert [row[1] for row in book["told"].iter_rows(min_row=2, values_only=True)] == [SAID["en"]]
    assert loop.ask("GET", f"/reports/{number}.pdf", 200).content.startswith(b"%PDF")


def test_before_it_began_it_is_not_told_and_elsewhere_it_is_not_there(office, loop):
    earlier = loop.report(kind="consultation", month="2026-10", service="beds")["report"]
    held = loop.get(f"/reports/{earlier}")["content"]["consultation"]
    assert (held["found"], held["told"], held["asked"]["declined"]) == ([], [], 0)
    loop.post(f"/reports/{earlier}/issue")
    office("carl", commissioner="organisation").get(f"/reports/{earlier}")
    office("nora", manager="service:home").get(f"/reports/{earlier}", 404)
