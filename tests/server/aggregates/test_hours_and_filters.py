"""What no day can tell: hours, filters, the time of receipt, options, coverage, the sum since the start; by hand."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from protocol.record import FLAG_ASSISTED, KIND_DECLINED
from server.aggregates.counts import Passes, SpanTooLongError, passes, tallies
from server.aggregates.coverage import coverage, responses_since_start
from server.aggregates.custody import data_version
from server.aggregates.dimensions import DIRECTORATE, OBJECTIVE, QUESTION, TOPIC, bucket
from server.aggregates.distributions import option_counts
from server.aggregates.heatmap import HeatCell, heatmap
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Filters, Names, find_place, find_scope
from server.aggregates.timeseries import timeseries
from server.ingest.tables import UNDATED
from tests.server.figures import SKIPPED, TIMED_OUT, Pass

LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 11, 23)
ALL_TIME = Period(None, None)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


@pytest.fixture
def ask(figures):
    def ask(function, period, *arguments, **names):
        with Session(figures.engine) as session:
            scope = find_scope(session, find_place(session, figures.organisation_id), Names(**names))
            return function(session, scope, period, *arguments)

    return ask


def at(text_):
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)


def entered(figures, device, *instants, **others):
    passes_ = [Pass(device, one.astimezone(LONDON).date(), (1, 2, 5), at=one, **others) for one in map(at, instants)]
    figures.enter(passes_)
    return passes_


def test_the_hour_that_comes_twice_is_two_in_a_series_and_one_in_the_heat_map(figures, ask):
    device = figures.device("PET-1")
    entered(figures, device, "2026-10-25T00:30", "2026-10-25T01:10", "2026-10-25T01:20", "2026-10-25T02:05")
    sunday = Period(date(2026, 10, 25), date(2026, 10, 26))
    series = ask(timeseries, sunday, Granularity.HOUR, TODAY)
    heard = {each.label: tally.responses for each, tally in series.points if tally.responses}
    assert heard == {"2026-10-25T01+01:00": 1, "2026-10-25T01+00:00": 2, "2026-10-25T02": 1}
    assert len(series.points) == 25
    whole, one_day = ask(heatmap, OCTOBER), ask(heatmap, sunday)
    assert whole == one_day == {(6, 1): HeatCell(9, 3), (6, 2): HeatCell(3, 1)}


def test_a_summer_night_belongs_to_the_next_local_day(figures, ask):
    entered(figures, figures.device("PET-1"), "2026-06-30T23:30")
    [start] = ask(tallies, Period(date(2026, 7, 1), date(2026, 8, 1)), [bucket(Granularity.HOUR)], devices=[])
    assert start[0].astimezone(LONDON).isoformat() == "2026-07-01T00:00:00+01:00"
    assert list(ask(heatmap, Period(date(2026, 7, 1), date(2026, 8, 1)))) == [(2, 0)]


@pytest.mark.parametrize("names", [{}, {"teams": ["haywood"]}, {"questions": ["food"]}, {"include_flagged": True}])
def test_a_heat_map_from_the_rollup_is_that_of_the_single_responses(figures, ask, names):
    dice = random.Random(2)
    devices = [figures.device(f"PET-{number}") for number in range(2)]
    for _ in range(150):
        day = OCTOBER.first + timedelta(days=dice.randrange(31))
        hour = datetime(day.year, day.month, day.day, dice.randrange(24), tzinfo=LONDON)
        answers = tuple(dice.choice((1, 2, 3, SKIPPED, TIMED_OUT)) for _ in range(3))
        team = dice.choice(("haywood", "north"))
        figures.enter([Pass(dice.choice(devices), day, answers, team, at=hour, flagged=dice.random() < 0.2)])
    from_rollup = ask(heatmap, OCTOBER, **names)
    from_single = ask(heatmap, OCTOBER, **names, devices=devices)
    assert from_rollup == from_single
    assert sum(cell.counted for cell in from_rollup.values()) > 30


def test_each_filter_leaves_what_it_says(figures, ask):
    device, day = figures.device("PET-1"), date(2026, 10, 7)
    with figures.engine.begin() as connection:
        connection.execute(text('UPDATE questionnaire_version SET definition = \'{"languages": ["en", "cy"]}\''))
        connection.execute(text("UPDATE question SET topic = 'hands', question_id = question_id"))
        connection.execute(text("INSERT INTO topic SELECT organisation_id, 'respondent', '', false FROM organisation"))
        connection.execute(text("UPDATE question SET topic = 'respondent' WHERE question_id = 'hands'"))
    rows = [
        Pass(device, day, (1, 1, 1)),
        Pass(device, day, (1, 2, 1), language=1, quality=2),
        Pass(device, day, (1, 2, 0), partial=True, stage=3),
        Pass(device, day, (1, SKIPPED, 1), flags=FLAG_ASSISTED),
        Pass(device, day, (0, 0, 0), kind=KIND_DECLINED),
    ]
    figures.enter(rows)
    wanted = {
        Filters(language=("cy",)): 1,
        Filters(language=("en", "cy")): 4,
        Filters(respondent=("option 2",)): 2,
        Filters(respondent=("option 1", "option 2")): 3,
        Filters(assisted=True): 1,
        Filters(assisted=False): 3,
        Filters(partial=True): 1,
        Filters(quality=(2,)): 1,
        Filters(stage=(0,)): 3,
        Filters(stage=(3,), partial=True, language=("en",)): 1,
        Filters(stage=(3,), assisted=True): 0,
    }
    for filters, number in wanted.items():
        found = ask(tallies, OCTOBER, filters=filters)
        assert (found[()].responses if found else 0) == number, filters
        one = ask(tallies, OCTOBER, [QUESTION], filters=filters)
        assert (one["food",].counts.positive if one else 0) == number, filters
    assert ask(passes, OCTOBER) == {(): Passes(3, 1, 1, 4)}


def test_single_responses_are_read_within_a_stated_span(figures, ask):
    figures.device("PET-1")
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    for period, names in (
        (ALL_TIME, {"teams": ["north"]}),
        (year, {}),
        (Period(date(2024, 1, 1), date(2026, 1, 1)), {"teams": ["north"]}),
    ):
        with pytest.raises(SpanTooLongError, match="shorter period") as error:
            ask(tallies, period, filters=Filters(assisted=True), **names)
        assert error.value.parameter == "assisted"
    assert ask(tallies, year, filters=Filters(assisted=True), teams=["north"]) == {}


def test_by_the_time_of_receipt(figures, ask):
    device = figures.device("PET-1")
    late = at("2026-10-31T23:30")  # in November's first hour nobody can have it: the clocks have gone back
    entered(figures, device, "2026-09-03T12:00", "2026-10-03T12:00", received_at=late)
    figures.enter([Pass(device, UNDATED, (1, 1, 1), received_at=late)])
    assert ask(tallies, OCTOBER)[()].responses == 1
    assert ask(tallies, OCTOBER, time_basis="received")[()].responses == 3


def test_options_of_two_versions_are_put_together_by_their_codes(figures, ask):
    device = figures.device("PET-1")
    with figures.engine.begin() as connection:
        renamed = "UPDATE version_option SET code = 'new', label = 'New' WHERE reference = 2 AND option = 1"
        connection.execute(text(renamed))
    day = date(2026, 10, 7)
    figures.enter([Pass(device, day, (1, SKIPPED, TIMED_OUT)), Pass(device, day, (1, 1, 2), reference=2)])
    [food, hands, overall] = ask(option_counts, OCTOBER)[()]
    assert [(each.code, each.count) for each in food.options] == [
        ("new", 1),
        *((f"option {number}", 0) for number in range(2, 6)),
        ("option 1", 1),
    ]
    assert (hands.skipped, overall.timed_out, food.text) == (1, 1, "How about food?")


def test_by_what_questions_are_about_and_by_directorate(figures, ask):
    with figures.engine.begin() as connection:
        for statement in (
            "INSERT INTO directorate (organisation_id, code, name) SELECT organisation_id, 'd', 'D' FROM organisation",
            "UPDATE service SET directorate_id = (SELECT directorate_id FROM directorate) WHERE code = 'home'",
        ):
            connection.execute(text(statement))
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 7), (1, 1, 5), team) for team in ("north", "north", "leek")])
    assert {key: tally.counts.positive for key, tally in ask(tallies, OCTOBER, [TOPIC]).items()} == {
        ("food",): 3,
        ("hands",): 3,
        ("overall",): 0,
    }
    assert list(ask(tallies, OCTOBER, [OBJECTIVE])) == [(None,)]
    by_directorate = {key: tally.responses for key, tally in ask(tallies, OCTOBER, [DIRECTORATE]).items()}
    assert sorted(by_directorate.values()) == [1, 2]
    assert by_directorate[None,] == 1
    assert ask(tallies, OCTOBER, directorates=["d"])[()].responses == 2


def test_who_is_not_heard_is_there_with_0(figures, ask):
    first, _ = figures.device("PET-1"), figures.device("PET-2", state="lost")
    figures.enter([Pass(first, date(2026, 10, 7), (1, 1, 1), "leek")])
    found = {each.code: (each.devices, each.responses) for each in ask(coverage, OCTOBER, at("2026-10-31T00:00"))}
    assert found == {"haywood": (1, 0), "leek": (0, 1), "north": (0, 0)}
    assert [each.code for each in ask(coverage, OCTOBER, at("2026-10-31T00:00"), services=["home"])] == ["north"]


def test_responses_since_the_start_count_what_lies_before_the_period(figures, ask):
    device = figures.device("PET-1")
    for day in (date(2026, 8, 3), date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 2), UNDATED):
        figures.enter([Pass(device, day, (1, 1, 1))])
    autumn = Period(date(2026, 9, 1), date(2026, 12, 1))
    found = ask(responses_since_start, autumn, Granularity.MONTH, TODAY)
    assert [(each.label, number) for each, number in found] == [("2026-09", 2), ("2026-10", 3), ("2026-11", 4)]
    assert [number for _, number in ask(responses_since_start, ALL_TIME, Granularity.MONTH, TODAY)] == [1, 2, 3, 4]


def test_periods_that_cut_weeks_are_put_together_from_days_and_segments(figures, ask):
    device, first = figures.device("PET-1"), date(2026, 9, 1)
    for number in range(60):
        figures.enter([Pass(device, first + timedelta(days=number), (1, 1, 1))] * 1)
    for begin, days in ((0, 60), (3, 40), (1, 2), (2, 5), (6, 1), (29, 3), (13, 14)):
        start = first + timedelta(days=begin)
        assert ask(tallies, Period(start, start + timedelta(days=days)))[()].responses == days
    weekly = ask(tallies, Period(date(2026, 9, 3), date(2026, 9, 24)), [bucket(Granularity.WEEK)])
    assert Counter({start: tally.responses for (start,), tally in weekly.items()}) == {
        date(2026, 8, 31): 4,
        date(2026, 9, 7): 7,
        date(2026, 9, 14): 7,
        date(2026, 9, 21): 3,
    }


def test_the_data_version_rises_with_every_change_of_a_count(figures):
    device = figures.device("PET-1")
    with Session(figures.engine) as session:
        place = find_place(session, figures.organisation_id)
        before = data_version(session, place)
        figures.enter([Pass(device, TODAY, (1, 1, 1))])
        assert data_version(session, place) == before + 1
