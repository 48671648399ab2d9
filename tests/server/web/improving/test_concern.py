"""The page of a concern: its effect as the interface tells it, and forms that follow it to its end."""

import re

import pytest

from tests.server.web.test_overview import Elements


@pytest.fixture
def concern(story):
    return f"/improve/concerns/{story['concern']}"


@pytest.fixture
def action(story):
    return f"/improve/actions/{story['action']}"


def test_the_effect_is_the_interface_s(site, sender, concern, story):
    effect = site.get(f"/api/v1/actions/{story['action']}/effect").json()
    assert effect["positive"]["conclusion"] == "improved"
    page = Elements(sender.page(concern))
    spans = {row["data-span"]: row for row in page.with_attribute("tr", "data-span")}
    for side in ("before", "after"):
        assert spans[side]["data-n"] == str(effect[side]["n"])
        assert spans[side]["data-positivity"] == str(effect[side]["positivity"])
    options = [row["data-option"] for row in page.with_attribute("tr", "data-option")]
    assert options == [row["option"] for row in effect["options"]]
    # The chart judges each week since as the effect does: its limits are those of before.
    rows = {row["data-period"]: row for row in page.with_attribute("tr", "data-kind")}
    since = [(week["period"], str(week["n"]), week["kind"]) for week in effect["weeks"]]
    assert [(name, rows[name]["data-n"], rows[name]["data-kind"]) for name, _, _ in since] == since
    text = sender.page(concern)
    for week in effect["weeks"]:
        row = text.split(f'data-period="{week["period"]}"')[-1].split("</tr>")[0]
        assert f">{week['lower']:.1f} to {week['upper']:.1f}%<" in row
    assert "It helped: more than chance explains." in text
    assert "11 to 25 points, unlikely to be chance." in text
    assert "1: Hot trolleys, from 21 September 2026." in text


def test_what_cannot_be_told_yet_says_how_many_more_would_tell(sender, story):
    body = {"concern": story["concern"], "title": "Nicer plates", "started_on": "2026-11-09"}
    sender.post("/actions", body)
    page = sender.page(f"/improve/concerns/{story['concern']}")
    panel = page.split("Did “Nicer plates” help?")[1]
    assert re.search(r"Cannot tell yet: about [\d,]+ more responses like those since then would tell\.", panel)


def test_steps_and_plans_go_their_way(site, sender, concern, action, story):
    assert sender.send(f"{action}/steps/2", status_="done") == f"{concern}#action-1"
    sender.send(f"{action}/steps", what="Ask again", owner="Matron", due_on="2026-12-01")
    sender.send(action, status_="done", started_on="")
    told = site.get(f"/api/v1/actions/{story['action']}").json()
    assert [step["status"] for step in told["steps"]] == ["done", "done", "open"]
    assert told["status"] == "done"
    assert "it can become under way, not planned" in sender.send(action, 422, status_="planned")
    again = {"title": "Warm plates", "step": "Buy", "owner": "Catering", "due_on": "2026-12-01", "key": "once"}
    for _ in range(2):
        sender.send(f"{concern}/actions", **again)
    assert len(site.get(f"/api/v1/actions?concern={story['concern']}").json()["data"]) == 2


def test_a_patient_s_identity_is_refused_beside_the_words_and_kept_nowhere(site, sender, concern, story):
    typed = "Mrs Smith, 943 476 5919, said it was cold"
    page = sender.send(f"{concern}/evidence", 422, kind="interview", words=typed)
    assert re.search(r'id="evidence-words-error".*?This holds what looks like an NHS number', page, re.DOTALL)
    assert "write what was said, not who said it" in page
    assert typed in page  # to be mended, not to be typed again
    assert len(site.get(f"/api/v1/concerns/{story['concern']}").json()["evidence"]) == 1
    sender.send(f"{concern}/evidence", kind="interview", words="It was cold")
    assert "It was cold" in sender.page(concern)


def test_it_is_closed_with_a_reason_and_opened_again(sender, concern):
    assert 'href="#close-closing_words">Say why it is closed' in sender.send(concern, 422, status_="closed")
    sender.send(concern, status_="closed", closing_words="Food is hot.")
    assert "Food is hot." in sender.page(concern)
    sender.send(concern, status_="open")
    assert "Food is hot." not in sender.page(concern)


def test_whoever_only_looks_sees_no_form_and_from_outside_no_evidence(be, sender, concern):
    be("board")
    page = sender.page(concern)
    assert "Hot trolleys" in page
    assert "The trolley waits" not in page
    assert f'action="{concern}' not in page
    be("read-only", "leek")
    page = sender.page(concern)
    assert "The trolley waits" in page
    assert f'action="{concern}' not in page
    assert "/improve/actions/" not in page
