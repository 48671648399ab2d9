"""Tokens and share links on the pages: shown once, to those whose they are, and nowhere else."""

import logging
import re

from sqlalchemy import text

TOKENS, LINKS = "/administration/tokens", "/administration/share-links"
NEW = {"name": "Board pack", "right-see-figures": "see figures", "on": "organisation", "expires_at": "2026-12-24"}
SHARE = {"name": "Council", "place": "service:beds", "period": "month", "expires_at": "2026-12-24"}


def secret_on(answer):
    found = re.search(r'id="secret">([^<]+)<', answer.text)
    return found and found[1].strip()


def test_a_token_is_shown_exactly_once_and_stands_nowhere_else(ada, visit, engine, caplog):
    caplog.set_level(logging.DEBUG)
    key = ada.key(TOKENS, TOKENS)
    first, second = (ada.send(TOKENS, TOKENS, key, **NEW) for _ in range(2))
    secret = secret_on(first)
    assert first.text.count(secret) == 1
    assert (second.status_code, secret_on(second)) == (200, None)
    assert "was shown when it was made" in second.text
    program = visit()
    assert program.get("/api/v1/meta", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    pages = [ada.page(path) for path in (TOKENS, "/administration", "/administration/audit-log?table=api_token")]
    answers = [ada.client.get(path).text for path in ("/api/v1/tokens", "/api/v1/audit-log")]
    for place in (*pages, *answers, caplog.text, second.text, whole_database(engine)):
        assert secret not in place
    assert ada.client.get("/api/v1/tokens").text.count('"token":') == 1


def whole_database(engine):
    """Every row of every table, as text."""
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [connection.execute(text(f'SELECT t::text FROM "{table}" AS t')).scalars().all() for table in tables]  # noqa: S608
    found = str(rows)
    assert "Board pack" in found
    return found


def test_the_list_is_what_the_interface_lists_and_revoking_ends_a_token(ada, visit):
    secret = secret_on(ada.send(TOKENS, TOKENS, **NEW))
    [known] = ada.client.get("/api/v1/tokens").json()["data"]
    page = ada.page(TOKENS)
    assert re.findall(r'data-token="(\d+)"', page) == [str(known["token"])]
    assert "never used" in page
    assert visit().get("/api/v1/meta", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    assert "last used 23 November 2026, 09:00" in ada.page(TOKENS)
    assert ada.send(TOKENS, f"{TOKENS}/{known['token']}/revoke").status_code == 303
    assert visit().get("/api/v1/meta", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    assert "There is no token in force" in ada.page(TOKENS)


def test_everybody_sees_their_own_tokens_and_who_manages_people_everywhere_all(ada, bea, forms):
    carl = forms("carl", matron="team:leek")
    carl.send(TOKENS, TOKENS, **NEW | {"name": "Carl's", "on": "team:leek"})
    [token] = [each["token"] for each in carl.client.get("/api/v1/tokens").json()["data"]]
    assert "Carl&#39;s" in ada.page(TOKENS)
    assert "Carl&#39;s" not in bea.page(TOKENS)
    assert bea.client.post(f"{TOKENS}/{token}/revoke", data={"key": "k"}).status_code == 404
    assert ada.send(TOKENS, f"{TOKENS}/{token}/revoke").status_code == 303


def test_a_token_that_cannot_be_is_refused_beside_its_field(forms):
    carl = forms("carl", matron="team:leek")
    empty = carl.send(TOKENS, TOKENS)
    for sentence in ("Say what the token is for", "Say until when it is needed", "Choose at least one right"):
        assert sentence in empty.text
    own = NEW | {"on": "team:leek"}
    for change, sentence in (
        ({"expires_at": "2099-01-01"}, "A token expires after now and within 366 days."),
        ({"expires_at": "soon"}, "Enter a day, like 2027-01-31"),
        ({"right-manage-people": "manage people"}, "Your own account has no right to manage people there."),
        ({"on": "organisation"}, "Your own account has no right to see figures there."),
        ({"on": "team:north"}, "There is no team north."),
    ):
        answer = carl.send(TOKENS, TOKENS, **own | change)
        assert (answer.status_code, sentence in answer.text) == (422, True), (sentence, answer.text)
    assert carl.client.get("/api/v1/tokens").json()["data"] == []
    assert "Manage people" not in carl.page(TOKENS)  # only rights of one's own are offered


def test_a_token_s_bearer_makes_no_token_on_the_pages_either(ada, visit):
    secret = secret_on(ada.send(TOKENS, TOKENS, **NEW))
    program = visit(authorization=f"Bearer {secret}", accept="text/html")
    answer = program.post(TOKENS, data=NEW | {"key": "k"})
    assert (answer.status_code, "needs a person who signed in" in answer.text) == (403, True)


def test_a_share_link_is_shown_once_and_ends_when_it_is_revoked(ada, visit):
    key = ada.key(LINKS, LINKS)
    first, second = (ada.send(LINKS, LINKS, key, **SHARE) for _ in range(2))
    address = secret_on(first)
    assert secret_on(second) is None
    path = address.removeprefix("http://127.0.0.1:8000")
    assert visit().get(path).status_code == 200
    page = ada.page(LINKS)
    assert path.removeprefix("/shared/") not in page + ada.page("/administration/audit-log")
    [known] = ada.client.get("/api/v1/shares").json()["data"]
    assert known["query"] == "service=beds&period=last-month&granularity=month"
    assert "All questions; Beds (service); Last month" in page
    assert ada.send(LINKS, f"{LINKS}/{known['share']}/revoke").status_code == 303
    assert visit().get(path).status_code == 404


def test_every_choice_of_period_can_be_shared_by_a_manager(forms):
    carl = forms("carl", manager="team:leek")
    for period in ("weeks", "month", "all"):
        made = carl.send(LINKS, LINKS, **SHARE | {"place": "team:leek", "period": period, "question": "food"})
        assert secret_on(made), made.text
    refused = carl.send(LINKS, LINKS, **SHARE | {"expires_at": "2027-12-24"})
    assert (refused.status_code, "within 92 days" in refused.text) == (422, True)
    other = carl.client.post(LINKS, data=SHARE | {"place": "team:north", "key": "k"})
    assert other.status_code == 422
    assert "north" in other.text


def test_who_may_not_share_gets_no_page(forms):
    assert forms("carl", matron="team:leek").client.get(LINKS).status_code == 403


def test_tokens_that_end_soon_are_told(ada, clock):
    ada.send(TOKENS, TOKENS, **NEW)
    assert "No token expires within 14 days" in ada.page("/administration")
    clock.wait(days=20)
    ada.client.post("/api/v1/session", json={"email": "ada@example.org", "password": "four plain words here"})
    assert "1 token expires within 14 days" in ada.page("/administration")
