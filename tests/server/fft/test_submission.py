"""The Friends and Family Test by its own definition: six options, don't know in the denominator, apart from PET's."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from protocol.record import FLAG_BURST
from server.errors import OperatorError
from server.fft.mapping import group_service, map_question
from server.fft.submission import FREE_TEXT, NO_COMPARISON, NOTHING_MAPPED, submission
from server.fleet.organisations import add_service, add_team, find_organisation
from server.fleet.questionnaires import publish
from tests.server.fft.fft_definition import fft_definition
from tests.server.imports.test_bring import run
from tests.server.ingest.ward import NOW, PLACED_AT, Ward, definition

AT = datetime(2026, 2, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
HEADER = "answered_at,team,questionnaire,version,experience"


@pytest.fixture
def ward(engine):
    ward = Ward(engine)
    with Session(engine) as session, session.begin():
        publish(session, find_organisation(session), fft_definition(), PLACED_AT)
    return ward


def figures(ward, month="2026-02", now=LATER, teams=None):
    with Session(ward.engine) as session:
        return submission(session, find_organisation(session), month, now, teams)


def change(ward, what, *arguments):
    with Session(ward.engine) as session, session.begin():
        return what(session, find_organisation(session), *arguments)


def cards(*codes, team="day", day="2026-02-10"):
    rows = [f"{day}T12:{number:02}:00Z,{team},fft,1,{code}" for number, code in enumerate(codes)]
    return "\n".join([HEADER, *rows]).encode()


def answered(ward, *options, flags=0, serial="A"):
    """Patients choose these options of the test's question on a device."""
    handheld = ward.handheld(serial, clock=AT)
    for option in options:
        handheld.answer(option, questionnaire=2, flags=flags)
    ward.sync(handheld)


def test_the_figures_are_by_the_tests_own_definition(ward):
    answered(ward, 1, 1, 2, 3, 4, 5, 14)
    run(ward, cards("very-good", "poor"), source="cards", mode="paper")
    [row] = figures(ward).rows
    assert row.answers._asdict() == {
        "very_good": 3,
        "good": 1,
        "neither": 1,
        "poor": 2,
        "very_poor": 1,
        "dont_know": 0,
    }
    assert (row.total, row.positive_percent, row.negative_percent) == (8, 50.0, 37.5)
    assert row.modes == {"device": 6, "paper": 2}
    assert (row.grouping, row.services, row.eligible) == ("Beds", ["beds"], None)
    assert row.lacking == ["dont-know"]


def test_dont_know_is_in_the_denominator(ward):
    change(ward, map_question, "experience", {"very-good": "very-good", "good": "good", "poor": "dont-know"})
    answered(ward, 1, 2, 4, 4, 5)
    [row] = figures(ward).rows
    assert (row.total, row.positive_percent, row.answers.dont_know) == (4, 50.0, 2)
    assert row.lacking == ["neither", "poor", "very-poor"]


def test_a_question_with_other_codes_is_mapped_as_data(ward):
    assert figures(ward).rows[0].total == 0
    handheld = ward.handheld("A", clock=AT)
    handheld.answer(1, 1, 3)
    ward.sync(handheld)
    assert figures(ward).rows[0].total == 0
    change(ward, map_question, "overall", {"good": "good", "fair": "neither", "poor": "poor"})
    assert figures(ward).rows[0].answers.poor == 1
    with pytest.raises(OperatorError, match="has no option splendid"):
        change(ward, map_question, "overall", {"splendid": "good"})
    with pytest.raises(OperatorError, match="none of the six"):
        change(ward, map_question, "overall", {"good": "marvellous"})
    change(ward, map_question, "overall", {})
    assert figures(ward).rows[0].total == 0


def test_services_are_summed_by_their_grouping(ward):
    change(ward, add_service, "home", "Home")
    assert [row.grouping for row in figures(ward).rows] == ["Beds"]  # home has no team
    change(ward, group_service, "beds", "Community inpatient services")
    answered(ward, 1)
    [row] = figures(ward).rows
    assert (row.grouping, row.total) == ("Community inpatient services", 1)


def test_a_month_is_the_organisations_and_ends_with_it(ward):
    run(ward, cards("good", day="2026-02-28") + b"\n2026-02-28T23:59:00Z,day,fft,1,poor")
    assert figures(ward).rows[0].total == 2
    assert figures(ward, "2026-03").rows[0].total == 0
    assert figures(ward, now=AT).complete is False
    assert figures(ward).complete is True
    for wrong in ("2026", "2026-13", "2026-W07", "all", "this-month"):
        with pytest.raises(OperatorError, match="is no month"):
            figures(ward, wrong)


def test_suspected_misuse_is_left_out_and_said(ward):
    answered(ward, 1, 1)
    answered(ward, 5, 5, 5, flags=FLAG_BURST, serial="B")
    [row] = figures(ward).rows
    assert (row.total, row.flagged) == (2, 3)


def test_a_service_that_is_not_all_within_reach_is_left_out_whole(ward):
    answered(ward, 1)
    day, night = ward.team_id("day"), ward.team_id("night")
    assert figures(ward, teams=frozenset({day})).rows == []
    assert figures(ward, teams=frozenset({day, night})).rows[0].total == 1


def test_a_grouping_that_is_not_all_within_reach_is_left_out_whole(ward):
    with Session(ward.engine) as session, session.begin():
        owner = find_organisation(session)
        home = add_service(session, owner, "home", "Home")
        visiting = add_team(session, home, "visiting", "Visiting").team_id
        for service in ("beds", "home"):
            group_service(session, owner, service, "Community")
    answered(ward, 1)
    seen = frozenset({ward.team_id("day"), ward.team_id("night")})
    assert figures(ward, teams=seen).rows == []
    assert figures(ward, teams=seen | {visiting}).rows[0].services == ["beds", "home"]


def test_what_belongs_to_every_publication_is_said(ward):
    assert {FREE_TEXT, NO_COMPARISON} <= set(figures(ward).notes)
    assert NOTHING_MAPPED not in figures(ward).notes


def test_without_such_a_question_that_is_said(engine):
    ward = Ward(engine)
    found = figures(ward)
    assert found.notes[0] == NOTHING_MAPPED
    assert [(row.total, row.positive_percent) for row in found.rows] == [(0, None)]


def test_of_two_such_questions_in_a_version_only_the_first_counts(ward):
    fields = deepcopy(fft_definition())
    fields["code"], fields["questions"] = "twice", [*fields["questions"], {**fields["questions"][0]}]
    fields["questions"][1]["question_id"] = "again"
    change(ward, publish, fields, PLACED_AT)
    handheld = ward.handheld("A", clock=AT)
    handheld.answer(1, 5, questionnaire=3)
    ward.sync(handheld)
    [row] = figures(ward).rows
    assert (row.answers.very_good, row.answers.very_poor) == (1, 0)


def test_the_wards_own_questions_are_not_the_tests(ward):
    assert [question["question_id"] for question in definition()["questions"]] == ["food", "hands", "overall"]
    handheld = ward.handheld("A", clock=AT)
    handheld.answer(1, 1, 1)
    ward.sync(handheld)
    assert figures(ward).rows[0].total == 0
