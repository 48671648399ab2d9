"""A placement put right afterwards: its responses are counted where they belong, and the check agrees."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from protocol.record import QUALITY_UNSET
from server.errors import OperatorError
from server.evidence.corrections import Corrected, correct_placement
from server.evidence.tables import PlacementCorrection
from server.fleet.devices import find_device
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.tables import Placement
from server.ingest.tables import Response, RollupDay
from tests.server.evidence.inspector import plain
from tests.server.ingest.ward import NOW, PLACED_AT

DAY = timedelta(days=1)


def correct(ward, team, from_at, to_at=None, choices=(), reason="moved on Monday, said on Friday", serial="A"):
    with Session(ward.engine) as session, session.begin():
        organisation = find_organisation(session, ward.name)
        corrected = Corrected(
            find_team(session, organisation, team),
            find_location(session, organisation, "ward-1"),
            [find_team(session, organisation, code) for code in choices],
            from_at,
            to_at,
            reason,
        )
        return correct_placement(session, find_device(session, organisation, serial), corrected, NOW + 30 * DAY)


@pytest.fixture
def handheld(ward):
    """Three days with one response each, two on the second; all counted for the day team."""
    handheld = ward.handheld()
    for day in (0, 1, 1, 2):
        handheld.clock = NOW + day * DAY
        handheld.answer()
    ward.sync(handheld)
    return handheld


def teams(ward):
    """Of each response, by its sequence."""
    names = {ward.team_id(code): code for code in ("day", "night")}
    return [names[row.team_id] for row in ward.rows(Response)]


def test_responses_of_the_corrected_time_are_counted_for_the_other_team(ward, handheld, inspector):
    assert correct(ward, "night", NOW + DAY) == 3
    assert teams(ward) == ["day", "night", "night", "night"]
    ward.check_sums()
    inspector.assert_clean(4)
    handheld.answer()
    ward.sync(handheld)
    assert teams(ward)[-1] == "night"


@pytest.mark.usefixtures("handheld")
def test_a_time_in_the_midst_of_a_placement_leaves_both_its_ends(ward, inspector):
    assert correct(ward, "night", NOW + DAY, NOW + 2 * DAY) == 3  # the last one: now under the placement's second half
    assert teams(ward) == ["day", "night", "night", "day"]
    spans = [(row.from_at, row.to_at) for row in sorted(ward.rows(Placement), key=lambda row: row.from_at)]
    assert spans == [(PLACED_AT, NOW + DAY), (NOW + DAY, NOW + 2 * DAY), (NOW + 2 * DAY, None)]
    inspector.assert_clean(4)


def test_a_correction_swallows_what_lies_within_it(ward, inspector):
    handheld = ward.handheld(placed_at=None)
    ward.place("A", "day", PLACED_AT, NOW + DAY)
    ward.place("A", "night", NOW + DAY, NOW + 2 * DAY)
    ward.place("A", "day", NOW + 2 * DAY)
    for day in range(4):
        handheld.clock = NOW + day * DAY
        handheld.answer()
    ward.sync(handheld)
    assert teams(ward) == ["day", "night", "day", "day"]
    correct(ward, "day", PLACED_AT)
    assert teams(ward) == ["day"] * 4
    assert [(row.from_at, row.to_at) for row in ward.rows(Placement)] == [(PLACED_AT, None)]
    inspector.assert_clean(4)


@pytest.mark.usefixtures("handheld")
def test_a_correction_taken_back_leaves_every_count_as_it_was(ward, inspector):
    before = plain(ward.rows(RollupDay))
    correct(ward, "night", NOW + DAY, NOW + 2 * DAY)
    correct(ward, "day", PLACED_AT)
    assert plain(ward.rows(RollupDay)) == before
    inspector.assert_clean(4)


def test_undated_responses_follow_the_time_of_their_receipt(ward, inspector):
    handheld = ward.handheld()
    handheld.answer(clock=0, quality=QUALITY_UNSET)
    ward.process(handheld.batch())
    correct(ward, "night", NOW)
    assert teams(ward) == ["night"]
    inspector.assert_clean(1)


def test_a_nurse_s_choice_stays_a_choice(ward, inspector):
    handheld = ward.handheld(choices=("night",))
    handheld.answer(team=1)
    handheld.answer()
    ward.sync(handheld)
    with pytest.raises(OperatorError, match="name them with --choice"):
        correct(ward, "night", PLACED_AT)
    assert teams(ward) == ["night", "day"]
    correct(ward, "night", PLACED_AT, choices=("day",))
    assert teams(ward) == ["day", "night"]
    inspector.assert_clean(2)


def test_the_correction_is_on_record_with_its_reason_and_in_the_audit_log(ward, handheld, inspector):
    correct(ward, "night", NOW + DAY)
    (row,) = ward.rows(PlacementCorrection)
    assert (row.responses, row.reason, row.device_id) == (
        3,
        "moved on Monday, said on Friday",
        handheld.identity.device_id,
    )
    with ward.engine.connect() as connection:
        actions = set(connection.scalars(text("SELECT action FROM audit_log")))
    assert {"placement_correction insert", "placement update", "placement insert"} <= actions
    inspector.assert_clean(4)


@pytest.mark.usefixtures("handheld")
@pytest.mark.parametrize(
    ("span", "reason", "words"),
    [
        ((NOW, None), " ", "says why"),
        ((NOW, NOW), "x", "before it begins"),
        ((NOW + 90 * DAY, None), "x", "has not come yet"),
    ],
)
def test_what_cannot_be_a_correction_is_refused(ward, span, reason, words):
    before = ward.snapshot()
    with pytest.raises(OperatorError, match=words):
        correct(ward, "night", *span, reason=reason)
    assert ward.snapshot() == before


@pytest.mark.usefixtures("handheld")
def test_a_moved_response_without_a_correction_is_found(ward, inspector):
    inspector.as_superuser(f"UPDATE response SET team_id = {ward.team_id('night')} WHERE sequence = 2")  # noqa: S608
    assert inspector.kinds() == [("other", "response")]
