"""Questionnaires over the interface: written as drafts, published as versions that never change."""

from copy import deepcopy
from hashlib import sha256

import pytest

from server.fleet.drafts import QuestionnaireDraft
from server.fleet.tables import QuestionnaireVersion
from tests.server.api.asking import ask, pointers, somebody
from tests.server.ingest.ward import definition

pytestmark = pytest.mark.usefixtures("ward")


def draft(**changes):
    return deepcopy(definition()) | {"code": "clinic", "name": "Clinic"} | changes


def write(site, fields, **options):
    return ask(site, "POST", "/questionnaires", json={"definition": fields}, **options)


def test_a_draft_is_written_changed_and_published(ward, site):
    made = write(site, draft(version=77))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/questionnaires/clinic"
    assert (made.json()["revision"], made.json()["definition"]["version"]) == (1, 1)
    changed = ask(site, "PUT", "/questionnaires/clinic", json={"revision": 1, "definition": draft(name="Clinics")})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    published = ask(site, "POST", "/questionnaires/clinic/publish", json={"revision": 2})
    assert published.status_code == 201, published.text
    assert (published.json()["version"], published.json()["name"]) == (1, "Clinics")
    assert ward.rows(QuestionnaireDraft) == []
    one = ask(site, "GET", "/questionnaires/clinic").json()
    assert (one["draft"], [each["version"] for each in one["versions"]]) == (None, [1])


def test_the_next_version_is_numbered_by_the_server(site):
    write(site, draft(code="ward", name="Ward"))
    published = ask(site, "POST", "/questionnaires/ward/publish", json={"revision": 1}).json()
    assert (published["version"], published["reference"]) == (2, 2)
    codes = [
        (each["questionnaire"], len(each["versions"])) for each in ask(site, "GET", "/questionnaires").json()["data"]
    ]
    assert codes == [("ward", 2)]


def test_a_published_version_and_its_package_are_what_devices_hold(ward, site):
    [row] = ward.rows(QuestionnaireVersion)
    answer = ask(site, "GET", "/questionnaires/ward/versions/1").json()
    assert answer["definition"] == row.definition
    package = ask(site, "GET", "/questionnaires/ward/versions/1/package")
    assert package.content == row.package
    assert answer["version"]["package_sha256"] == sha256(package.content).hexdigest()
    assert ask(site, "GET", "/questionnaires/ward/versions/9").status_code == 404
    assert ask(site, "GET", "/questionnaires/nothing").status_code == 404


def test_two_who_change_the_same_draft_do_not_lose_each_others_work(ward, site):
    write(site, draft())
    first = {"revision": 1, "definition": draft(name="First")}
    assert ask(site, "PUT", "/questionnaires/clinic", json=first).status_code == 200
    second = ask(site, "PUT", "/questionnaires/clinic", json={"revision": 1, "definition": draft(name="Second")})
    assert (second.status_code, pointers(second)) == (409, ["/body/revision"])
    stale = ask(site, "POST", "/questionnaires/clinic/publish", json={"revision": 1})
    assert (stale.status_code, pointers(stale)) == (409, ["/body/revision"])
    again = write(site, draft())
    assert (again.status_code, pointers(again)) == (409, ["/body/definition"])
    assert [row.definition["name"] for row in ward.rows(QuestionnaireDraft)] == ["First"]


def wrong_question(**changes):
    questions = deepcopy(definition()["questions"])
    questions[1] |= changes
    return draft(questions=questions)


def option(label):
    return deepcopy(definition()["questions"][1]["options"][1]) | {"label": {"en": label}}


WRONG = {
    "unknown field": (draft(colour="blue"), "/body/definition/colour"),
    "kind of a question": (wrong_question(kind="slider"), "/body/definition/questions/1/kind"),
    "too many questions": (draft(questions=definition()["questions"] * 5), "/body/definition/questions"),
    "no room on the screen": (wrong_question(text={"en": "W" * 60}), "/body/definition/questions/1/text/en"),
    "no room beside the other word": (
        wrong_question(options=[definition()["questions"][1]["options"][0], option("W" * 14)]),
        "/body/definition/questions/1/options/1/label/en",
    ),
    "a zero character": (draft(name="a\0b"), "/body/definition"),
    "no code": ({"name": "x"}, "/body/definition/code"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_a_device_could_not_show_is_refused_at_its_place(ward, site, case):
    fields, place = WRONG[case]
    answer = write(site, fields)
    assert answer.status_code == 422, answer.text
    assert place in pointers(answer)
    assert ward.rows(QuestionnaireDraft) == []


def test_a_questionnaire_keeps_its_code(site):
    write(site, draft())
    answer = ask(site, "PUT", "/questionnaires/clinic", json={"revision": 1, "definition": draft(code="other")})
    assert (answer.status_code, pointers(answer)) == (422, ["/body/definition/code"])
    assert ask(site, "PUT", "/questionnaires/other", json={"revision": 1, "definition": draft()}).status_code == 404


def test_a_publication_said_twice_is_made_once(ward, site):
    write(site, draft())
    for _ in range(2):
        answer = ask(
            site, "POST", "/questionnaires/clinic/publish", json={"revision": 1}, headers={"Idempotency-Key": "p"}
        )
        assert (answer.status_code, answer.json()["version"]) == (201, 1)
    assert len(ward.rows(QuestionnaireVersion)) == 2


def test_questionnaires_are_written_for_the_whole_organisation_only(ward, site):
    site.viewer = somebody("operations", ward.team_id("day"))
    assert ask(site, "GET", "/questionnaires").status_code == 200
    assert write(site, draft()).status_code == 403
    assert ask(site, "POST", "/questionnaires/ward/publish", json={"revision": 1}).status_code == 403
    site.viewer = somebody("matron")
    assert write(site, draft()).status_code == 403
    site.viewer = somebody("board")
    assert ask(site, "GET", "/questionnaires").status_code == 403
