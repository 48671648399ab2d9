"""Directorates, topics, objectives, core questions and stages: data of the organisation, named in definitions."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.database import make_engine
from server.fleet.organisations import find_organisation
from server.fleet.questionnaires import publish
from server.fleet.subjects import stage_names
from server.fleet.tables import Question
from server.migrations import upgrade
from tests.conftest import _administer, _named
from tests.parts import ROOT
from tests.server.ingest.ward import PLACED_AT, definition


def test_services_move_between_directorates(trust):
    trust("directorate", "add", "community", "Community care")
    assert trust("directorate", "list") == "community (Community care): no services\nin no directorate: beds\n"
    assert "is in directorate community" in trust("service", "move", "beds", "--directorate", "community")
    trust("service", "add", "clinics", "Clinics", "--directorate", "community")
    assert trust("directorate", "list") == "community (Community care): beds, clinics\n"
    assert "is in no directorate" in trust("service", "move", "beds", "--out")
    assert "say where it goes" in trust.refuses("service", "move", "beds")
    assert "there is no directorate north; there are: community" in trust.refuses(
        "service", "move", "beds", "--directorate", "north"
    )


def test_the_built_in_topics_are_there_and_own_ones_are_added(trust):
    assert "hand-hygiene: Hand hygiene\n" in trust("topic", "list")
    trust("topic", "add", "parking", "Parking")
    assert "parking: Parking (your own)\n" in trust("topic", "list")
    assert "there is a topic food already" in trust.refuses("topic", "add", "food", "Meals")
    assert "is no code" in trust.refuses("topic", "add", "Car Park", "Parking")


def test_objectives_are_added_and_listed_with_their_questions(trust):
    trust("objective", "add", "good-food", "Serve food that people enjoy")
    assert trust("objective", "list") == "good-food: Serve food that people enjoy (0 questions)\n"
    assert "there is an objective good-food already" in trust.refuses("objective", "add", "good-food", "Again")
    assert "these words are objective good-food" in trust.refuses(
        "objective", "add", "food", "Serve food that people enjoy"
    )


def changed(**fields):
    """The ward's definition, each question with these fields too."""
    return {**definition(), "questions": [each | fields for each in definition()["questions"]]}


@pytest.fixture
def published(ward):
    """Publish a version of the ward's definition; {question: (topic, objective, core)} after it."""

    def call(fields, version):
        with Session(ward.engine) as session, session.begin():
            owner = find_organisation(session, ward.name)
            publish(session, owner, fields | {"version": version}, PLACED_AT)
            rows = session.scalars(select(Question))
            return {row.question_id: (row.topic, row.objective, row.core) for row in rows}

    return call


def test_questions_are_mapped_to_topic_and_objective_by_code_or_words(published):
    assert published(definition(), 2)["food"] == ("other", "to-listen", False)
    assert published(changed(objective="to-listen", topic="food"), 3)["food"] == ("food", "to-listen", False)
    assert published(changed(objective="To  listen!"), 4)["food"][1] == "to-listen-2"


def test_a_question_once_core_stays_so_until_a_definition_says_otherwise(published):
    assert published(changed(core=True), 2)["food"][2]
    assert published(definition(), 3)["food"][2]
    assert not published(changed(core=False), 4)["food"][2]


def test_an_unknown_topic_is_refused_with_the_topics_there_are(published):
    with pytest.raises(Exception, match=r"question 'food': there is no topic weather; there are cleanliness, food"):
        published(changed(topic="weather"), 2)


def test_a_questionnaire_without_the_core_questions_is_published_with_a_warning(trust):
    beds = (ROOT / "deploy/demo/questionnaires/beds.toml").read_text(encoding="utf-8")
    (trust.directory / "beds.toml").write_text(
        beds.replace('question_id = "food"', 'question_id = "food"\ncore = true')
    )
    assert "core" not in trust("questionnaire", "publish", "beds.toml")
    said = trust("questionnaire", "publish", str(ROOT / "deploy/demo/questionnaires/community.toml"))
    assert "does not ask the core questions food" in said
    audit = trust("questionnaire", "publish", str(ROOT / "deploy/demo/questionnaires/audit-mealtime.toml"))
    assert "core" not in audit


def test_a_stage_keeps_its_number_for_ever(trust, database_url):
    trust("settings", "stages", "First visit", "During")
    trust("settings", "stages", "First visit", "During", "Discharge", "--scope", "service:beds")
    assert "stage 1 is 'First visit'" in trust.refuses("settings", "stages", "Discharge")
    assert "has another number already" in trust.refuses(
        "settings", "stages", "First visit", "During", "Discharge", "During"
    )
    engine = make_engine(database_url)
    with Session(engine) as session:
        number = find_organisation(session).organisation_id
        assert stage_names(session, number) == {1: "First visit", 2: "During", 3: "Discharge"}
    engine.dispose()


def test_what_was_there_before_keeps_its_objective_topic_and_stages(postgres):
    """An update from the schema before: sentences become objectives, two that look alike stay two."""
    _administer(postgres, "CREATE DATABASE {}", "before_subjects")
    url = _named(postgres, "before_subjects")
    upgrade(url, "0006")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisation (name, timezone) VALUES ('Old', 'Europe/London')"))
        for word, objective in (("food", "Good food"), ("meals", "Good food!"), ("hands", "Good food"), ("x", None)):
            connection.execute(
                text(
                    "INSERT INTO question (organisation_id, question_id, text, topic, objective)"
                    " VALUES (1, :word, :word, 'odd', :objective)"
                ),
                {"word": word, "objective": objective},
            )
        connection.execute(
            text(
                "INSERT INTO setting (organisation_id, scope_kind, name, value, set_at)"
                """ VALUES (1, 'organisation', 'stages', '["First", "Last"]', now())"""
            )
        )
    upgrade(url)
    with engine.connect() as connection:
        questions = connection.execute(text("SELECT question_id, objective FROM question ORDER BY 1")).all()
        assert questions == [("food", "good-food"), ("hands", "good-food"), ("meals", "good-food-2"), ("x", None)]
        assert ("odd", False) in connection.execute(text("SELECT topic, built_in FROM topic")).all()
        assert connection.execute(text("SELECT stage, name FROM journey_stage ORDER BY 1")).all() == [
            (1, "First"),
            (2, "Last"),
        ]
    engine.dispose()
    _administer(postgres, "DROP DATABASE {} WITH (FORCE)", "before_subjects")
