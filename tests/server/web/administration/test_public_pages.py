"""What anybody may read: the accessibility statement, and the interface's documentation as it describes itself."""

import html
import re

from server.accounts.rights import Right
from server.api.description import operations


def test_every_route_is_documented_with_its_sentence_parameters_and_answers(app, visit):
    document = app.openapi()
    index = visit().get("/api", headers={"accept": "text/html"}).text
    parts = re.findall(r'href="/api\?part=([a-z]+)"', index)
    pages = {part: html.unescape(visit().get(f"/api?part={part}").text) for part in parts}
    for path, operation in operations(document):
        name = operation["operationId"]
        assert f"#{name}" in index, name
        tag = next(iter(operation.get("tags", ["operations"])))
        [section] = re.findall(rf'<section class="operation" id="{name}".*?</section>', pages[tag], re.DOTALL)
        assert path in section
        assert operation.get("description", operation["summary"]).strip() in section
        for parameter in operation.get("parameters", ()):
            assert f"<code>{parameter['name']}" in section, (name, parameter["name"])
        for status in operation["responses"]:
            assert f"<strong>{status}</strong>" in section, (name, status)
    assert "/api/v1/openapi.json" in index


def test_the_right_is_that_of_the_route_and_where_a_token_is_not_enough_the_example_has_none(visit):
    accounts = html.unescape(visit().get("/api?part=accounts").text)
    [made] = re.findall(r'id="create_token".*?</section>', accounts, re.DOTALL)
    assert "whoever is signed in, as a person who signed in: a token is not enough" in made
    assert "Bearer" not in made.split("</pre>")[0]
    [listed] = re.findall(r'id="list_people".*?</section>', accounts, re.DOTALL)
    assert f"whoever has the right to {Right.MANAGE_PEOPLE}." in listed
    assert "Bearer $TOKEN" in listed


def test_a_part_that_is_none_is_not_there(visit):
    answer = visit().get("/api?part=nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404


def test_both_are_linked_from_every_page_without_an_account_too(visit):
    page = visit().get("/sign-in", headers={"accept": "text/html"}).text
    for path in ("/accessibility", "/api"):
        assert f'href="{path}"' in page
        answer = visit().get(path, headers={"accept": "text/html"})
        assert (answer.status_code, "<script" in answer.text, "style=" in answer.text) == (200, False, False)
    statement = visit().get("/accessibility").text
    for said in ("axe-core", "WCAG", "no screen reader", "no person with a disability"):
        assert said in statement
