"""The pages of reports: what they show is what the interface says, and what a form says back."""

import re

import pytest

pytestmark = pytest.mark.usefixtures("story")


def page(office, path, status=200, **data):
    answer = office.client.request("POST" if data else "GET", path, data=data or None, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer


def cells(text, name):
    """The rows of a table of the page, without its marks."""
    table = re.search(rf'<table[^>]*id="{name}-table".*?</table>', text, re.DOTALL)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_a_report_is_made_issued_read_and_issued_again_on_pages(office):
    boss, anna = office("boss", administrator="organisation"), office("anna", manager="service:beds")
    assert 'id="make-report"' in page(anna, "/reports").text
    made = page(anna, "/reports", 303, kind="monthly", month="2026-10", service="beds")
    assert page(anna, "/reports", 303, kind="monthly", month="2026-10", service="beds").headers == made.headers
    address = made.headers["location"]
    text = page(anna, address).text
    assert 'data-state="draft"' in text
    content = anna.get(address)["content"]
    assert [(row[0], int(row[2].replace(",", "")), row[4]) for row in cells(text, "devices")] == [
        (
            row["name"],
            row["responses"],
            "too few" if row["suppressed"] else f"{row['positivity']:.1f}%" if row["n"] else "–",
        )
        for row in content["devices"]
    ]
    page(anna, f"{address}/issue", 303, yes="1")
    issued = page(anna, address).text
    assert 'data-state="issued"' in issued
    assert anna.get(address)["audit_hash"] in issued
    wrong = page(anna, f"{address}/reissue", 422, reason=" ").text
    assert "Say why it is issued again" in wrong
    page(anna, f"{address}/acknowledge", 303, yes="1")
    assert "You have said that you read it" in page(anna, address).text
    assert cells(page(boss, address).text, "readers")[0][0] == "anna"
    page(anna, f"{address}/reissue", 303, reason="A device was late.")
    page(anna, f"{address}/reissue", 409, reason="A device was late.")  # sent twice, it is one
    assert 'data-revision="2"' in page(anna, address).text
    assert 'data-revision="1"' in page(anna, f"{address}?revision=1").text
    assert [row["revision"] for row in anna.get(address)["revisions"]] == [2, 1]


def test_what_is_not_for_somebody_is_not_there(office):
    anna, nora = office("anna", manager="service:beds"), office("nora", manager="service:home")
    address = page(anna, "/reports", 303, kind="monthly", month="2026-10", service="beds").headers["location"]
    page(nora, address, 404)
    assert address not in page(nora, "/reports").text
    lee = office("lee", read_only="team:leek")
    assert "make-report" not in page(lee, "/reports").text
    wrong = page(nora, "/reports", 422, kind="monthly", month="2026-10", service="beds").text
    assert "There is a problem" in wrong
    early = page(nora, "/reports", 422, kind="monthly", month="2026-11", service="home").text
    assert 'href="#month"' in early
    assert re.search(r'<option value="home"\s+selected', early)


def test_mails_are_subscribed_to_and_the_list_is_kept_on_pages(office):
    boss, carl = office("boss", administrator="organisation"), office("carl", commissioner="organisation")
    page(carl, "/subscriptions", 303, what="commissioner")
    page(carl, "/subscriptions", 303, what="commissioner")
    [mine] = carl.get("/subscriptions")["data"]
    address = page(boss, "/reports", 303, kind="commissioner", month="2026-10").headers["location"]
    assert "carl@example.org" in page(boss, address).text
    page(boss, f"/subscriptions/{mine['subscription']}/end", 303, report=address.rpartition("/")[2])
    assert carl.get("/subscriptions")["data"] == []
    nora = boss.get("/people")["data"][-1]["person"]
    page(boss, "/subscriptions", 303, what="commissioner", person=nora)
    assert len(boss.get("/subscriptions")["data"]) == 1
