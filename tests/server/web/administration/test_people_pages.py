"""People and their roles on the pages: what the interface says, and what it refuses, in words."""

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.tables import Person, RoleGrant
from tests.server.accounts.conftest import PASSWORD
from tests.server.web.improving.conftest import text_of

PEOPLE, API = "/administration/people", "/api/v1/people"
NEW = {"email": "new@example.org", "name": "New", "role": "matron", "on": "team:leek"}


def listed(client):
    return client.client.get(API).json()["data"]


def number(client, name):
    [found] = [each["person"] for each in listed(client) if each["name"] == name]
    return found


def count(engine, table):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def password_on(answer):
    found = re.search(r'id="secret">([^<]+)<', answer.text)
    return found and found[1]


def test_the_list_is_what_the_interface_lists(ada, people):
    people.add("carl", matron="team:leek", manager="service:beds")
    page = ada.page(PEOPLE)
    rows = re.findall(r'<tr data-person="(\d+)">(.*?)</tr>', page, re.DOTALL)
    assert [int(row) for row, _ in rows] == [each["person"] for each in listed(ada)]
    for (_, html), each in zip(rows, listed(ada), strict=True):
        assert each["email"] in html
        assert html.count('class="line"') == len(each["roles"])
        assert ("never" in html) == (each["signed_in_at"] is None)
    assert "Matron: Leek (team)" in page


def test_of_another_part_nobody_is_listed_found_or_changed(bea, people, ada):
    people.add("north", matron="team:north")
    person = number(ada, "north")
    assert "north@example.org" not in bea.page(PEOPLE)
    assert bea.client.get(f"{PEOPLE}/{person}").status_code == 404
    for action in ("grants", "state", "password", "grants/1/revoke"):
        data = {"role": "matron", "on": "team:leek", "state": "disabled"}
        assert bea.client.post(f"{PEOPLE}/{person}/{action}", data=data).status_code == 404, action


def test_who_does_not_manage_people_gets_no_page(forms):
    carl = forms("carl", manager="organisation")
    assert carl.client.get(PEOPLE).status_code == 403
    assert "/administration/people" not in carl.page("/administration")


def test_a_new_person_is_made_once_and_the_password_is_shown_once(ada, engine, visit):
    key = ada.key(PEOPLE, PEOPLE)
    first, second = (ada.send(PEOPLE, PEOPLE, key, **NEW) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert password_on(second) is None
    assert "was shown when it was made" in second.text
    assert [each["email"] for each in listed(ada)].count("new@example.org") == 1
    assert visit("new@example.org", password_on(first)).get("/").status_code == 200
    assert password_on(first) not in ada.page(PEOPLE) + ada.page(f"{PEOPLE}/{number(ada, 'New')}")
    assert count(engine, Person) == 2


def test_the_same_form_with_other_words_asks_before_it_makes_another(ada, engine):
    key = ada.key(PEOPLE, PEOPLE)
    ada.send(PEOPLE, PEOPLE, key, **NEW)
    answer = ada.send(PEOPLE, PEOPLE, key, **NEW | {"email": "second@example.org"})
    assert (answer.status_code, "This form was sent before" in answer.text) == (422, True)
    assert count(engine, Person) == 2


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"email": ""}, "new-email", "Enter their e-mail address"),
        ({"name": ""}, "new-name", "Enter their name"),
        ({"email": "ada@example.org"}, "new-email", "The address ada@example.org has an account already."),
        ({"email": "nobody"}, "new-email", "The address nobody is not an e-mail address."),
        ({"on": ""}, "new-on", "Choose the part of the organisation"),
        ({"role": ""}, "new-role", "Choose the role there"),
        ({"on": "team:nowhere"}, "new-on", "There is no team nowhere."),
        ({"role": "auditor"}, "new-role", "Your own account has no right to export evidence there, and an auditor has"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(ada, engine, change, field, sentence):
    answer = ada.send(PEOPLE, PEOPLE, **NEW | change)
    text = text_of(answer)
    assert answer.status_code == 422
    assert f'href="#{field}">{sentence}' in text
    assert re.search(rf'id="{field}-error"[^~]*?{re.escape(sentence)}', text)
    if change.get("name") != "":
        assert f'value="{NEW["name"]}"' in text  # what was typed is there still
    assert count(engine, Person) == 1


def test_nobody_makes_somebody_greater_than_they_are(bea, people, engine):
    people.add("carl", matron="team:leek")
    carl = f"{PEOPLE}/{number(bea, 'carl')}"
    before = count(engine, RoleGrant)
    wider = bea.send(carl, f"{carl}/grants", role="administrator", on="organisation")
    assert (wider.status_code, "You do not manage people on all of that part" in wider.text) == (422, True)
    greater = bea.send(carl, f"{carl}/grants", role="commissioner", on="team:leek")
    assert (greater.status_code, "no right to set targets there" in greater.text) == (422, True)
    alone = bea.send(PEOPLE, PEOPLE, **NEW | {"role": "", "on": ""})
    assert "You manage a part of the organisation: give the account a role there." in alone.text
    assert count(engine, RoleGrant) == before


def test_nobody_decides_on_themselves(ada):
    own = f"{PEOPLE}/{number(ada, 'ada')}"
    assert "This is you" in ada.page(own)
    assert "<form" not in ada.page(own).partition("<main")[2]
    answer = ada.client.post(f"{own}/grants", data={"role": "matron", "on": "organisation", "key": "k"})
    assert (answer.status_code, "Nobody decides on their own account" in answer.text) == (422, True)


def test_a_role_is_given_for_a_time_and_taken_away(ada, people, visit):
    carl = visit(people.add("carl"))
    path = f"{PEOPLE}/{number(ada, 'carl')}"
    given = ada.send(path, f"{path}/grants", role="matron", on="team:leek", to_at="2026-12-24")
    assert given.status_code == 303
    assert carl.get("/api/v1/meta").status_code == 200
    page = ada.page(path)
    assert "until 25 December 2026" in page  # midnight after the last day
    again = ada.send(path, f"{path}/grants", role="matron", on="team:leek")
    assert "Nothing is changed: carl@example.org is matron there already." in again.text
    odd = ada.send(path, f"{path}/grants", role="board", on="team:leek", to_at="christmas")
    assert "Enter a day, like 2027-01-31" in odd.text
    [grant] = re.findall(r'data-grant="(\d+)"', page)
    assert ada.send(path, f"{path}/grants/{grant}/revoke").status_code == 303
    assert carl.get("/api/v1/meta").status_code == 403


def test_a_disabled_account_is_out_and_says_so(ada, people, visit):
    carl = visit(people.add("carl", matron="team:leek"))
    path = f"{PEOPLE}/{number(ada, 'carl')}"
    assert ada.send(path, f"{path}/state", state="disabled").status_code == 303
    assert carl.get("/api/v1/session").status_code == 401
    assert "Disabled" in ada.page(path)
    assert ada.send(path, f"{path}/state", state="active").status_code == 303
    assert visit("carl@example.org", PASSWORD).get("/api/v1/session").status_code == 200


def test_a_forgotten_password_is_replaced_by_one_that_is_shown_once(ada, people, visit):
    people.add("carl", matron="team:leek")
    path = f"{PEOPLE}/{number(ada, 'carl')}"
    key = ada.key(path, f"{path}/password")
    first, second = (ada.send(path, f"{path}/password", key) for _ in range(2))
    assert visit("carl@example.org", password_on(first)).get("/api/v1/session").status_code == 200
    assert password_on(second) is None


def test_who_never_signed_in_is_counted_until_they_do(ada, people, visit):
    people.add("carl", matron="team:leek")
    assert "1 person has never signed in" in ada.page("/administration")
    visit("carl@example.org")
    assert "never signed in" not in ada.page("/administration")
    assert listed(ada)[1]["signed_in_at"] is not None
