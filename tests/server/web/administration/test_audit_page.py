"""The audit log's page: the interface's entries in plain words, filters, pages, and whether the log is what it was."""

import html
import re

from sqlalchemy import text

from server.web.administration.audit_words import NOUNS
from tests.server.accounts.test_audit_log import add_target, as_superuser, change

LOG, API = "/administration/audit-log", "/api/v1/audit-log"


def shown(page):
    return [int(each) for each in re.findall(r'data-sequence="(\d+)"', page)]


def sequences(client, query=""):
    return [each["sequence"] for each in client.client.get(f"{API}{query}").json()["data"]]


def test_the_page_shows_the_interface_s_entries_for_every_filter_and_page(auditor, engine, figures):
    add_target(engine, figures.organisation_id, actor="ada@example.org")
    change(engine, "UPDATE target SET value = 0.9", actor="carl@example.org, by the token Board_pack")
    for query in (
        "",
        "?table=target",
        "?actor=carl",
        "?actor=Board_pack",
        "?actor=%25",
        "?table=target&actor=ada",
        "?from=2000-01-01",
        "?to=2000-01-01",
        "?limit=5",
    ):
        assert shown(auditor.page(LOG + query)) == sequences(auditor, query), query
    assert len(sequences(auditor, "?table=target")) == 2
    assert len(sequences(auditor, "?actor=carl")) == 1
    assert sequences(auditor, "?actor=%25") == []
    found, path = [], f"{LOG}?limit=5"
    while path:
        page = auditor.page(path)
        found += shown(page)
        older = re.search(r'href="([^"#]+)#entries" id="older"', page)
        path = older and html.unescape(older[1])
    assert found == list(range(found[0], 0, -1))


def test_every_table_of_the_log_has_a_word_and_can_be_asked_for(auditor, engine):
    query = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'write_audit_log'"
    with engine.connect() as connection:
        tables = set(connection.execute(text(query)).scalars())
    offered = re.findall(r'<option value="([a-z_]+)"', auditor.page(LOG))
    assert set(offered) - {"restored"} == tables  # that one is made when a backup is restored
    assert len(set(NOUNS.values())) == len(NOUNS)


def test_empty_filters_of_the_form_are_none(auditor):
    assert shown(auditor.page(f"{LOG}?actor=&table=&from=&to=")) == sequences(auditor)


def test_a_change_is_told_from_what_to_what(auditor, people, engine, figures):
    add_target(engine, figures.organisation_id)
    change(engine, "UPDATE target SET value = 0.9", actor="carl@example.org")
    people.add("dora", matron="team:leek")
    change(engine, "UPDATE person SET state = 'disabled', password_hash = 'x' WHERE name = 'dora'", actor="ada")
    page = html.unescape(auditor.page(LOG))
    assert "Value: 0.85 → 0.9" in page
    assert "by carl@example.org" in page
    assert "Account “dora@example.org” changed" in page
    assert "State: active → disabled" in page
    assert "Password hash: changed; the log does not hold it" in page
    assert "On: Leek" in page
    assert "Role “matron of dora@example.org” made" in page
    assert "Person: dora@example.org" in page


def test_what_is_wrong_with_a_filter_is_said(auditor):
    for query, sentence in (
        ("?from=never", "Enter a day"),
        ("?from=2026-11-02&to=2026-11-01", "must be after the first"),
        ("?table=nothing", "Choose one of these"),
        ("?tabel=target", "tabel"),
        ("?cursor=x", "cursor"),
    ):
        answer = auditor.client.get(LOG + query)
        assert (answer.status_code, sentence in answer.text) == (422, True), query
        assert shown(answer.text) == [], query


def test_verifying_is_told_to_everybody_who_sees_the_log(auditor, ada, engine):
    assert "Never verified" in ada.page(LOG)
    assert "never verified" in ada.page("/administration")
    assert auditor.send(LOG, f"{LOG}/verify").status_code == 303
    rows = auditor.client.get(API).json()["verified"]["rows"]
    assert f"by auditor@example.org: {rows} rows, each as it was written" in ada.page(LOG)
    assert "Audit log verified 23 November 2026, 09:00" in ada.page("/administration")
    as_superuser(engine, "UPDATE audit_log SET subject = 'x' WHERE sequence = 9")
    ada.send(LOG, f"{LOG}/verify")
    assert "Row 9 is broken" in auditor.page(LOG)
    assert "broken at row 9" in auditor.page("/administration")


def test_the_log_is_for_who_may_see_all_of_it(bea, forms):
    assert bea.client.get(LOG).status_code == 403
    assert LOG not in bea.page("/administration").partition("<main")[2]
    carl = forms("carl", manager="organisation")
    assert carl.client.get(LOG).status_code == 403
    assert carl.client.post(f"{LOG}/verify", data={"key": "k"}).status_code == 403


def test_no_secret_stands_on_the_page(ada):
    made = ada.send(
        "/administration/people",
        "/administration/people",
        email="n@example.org",
        name="N",
        role="matron",
        on="team:leek",
    )
    password = re.search(r'id="secret">([^<]+)<', made.text)[1]
    cookie = ada.client.cookies["pet"]
    page = html.unescape(ada.page(f"{LOG}?limit=200"))
    assert "n@example.org" in page
    for secret in (password, cookie, "argon2", "$argon2id$"):
        assert secret not in page
