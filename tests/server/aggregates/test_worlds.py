"""Two worlds that differ in what outsiders are not shown look alike to them in everything: the proof of
docs/suppression.md, run.
"""

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from server.aggregates.counts import WholeBucketsError, passes
from server.aggregates.coverage import coverage, responses_since_start
from server.aggregates.dimensions import DEVICE, FLAGGED, QUESTION, SERVICE, TEAM, bucket
from server.aggregates.distributions import option_counts
from server.aggregates.heatmap import heatmap
from server.aggregates.periods import Granularity, Period, instant
from server.aggregates.scope import Filters
from server.aggregates.timeseries import timeseries
from tests.server.aggregates.sparse import (
    TEAM_OF,
    TODAY,
    WORDS,
    Outsider,
    World,
    counts_of,
    filled,
    month_of,
    sparse_passes,
    week_of,
)
from tests.server.figures import QUESTIONS

HOUR, WEEK, MONTH, QUARTER = Granularity.HOUR, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER
ALL_TIME = Period(None, None)


@pytest.fixture
def devices(figures):
    return {serial: figures.device(serial, team=team) for serial, team in TEAM_OF.items()}


def everything_shown(world):
    """All that outsiders can be told: figures of every part, by week and month, tables, options, filters."""
    ask = world.tallies
    spring = Period(date(2026, 5, 1), date(2026, 7, 1))
    shown = [
        ask(by=[bucket(granularity), *by])
        for granularity in (WEEK, MONTH, QUARTER)
        for by in ((), (DEVICE,), (TEAM, QUESTION), (SERVICE,), (DEVICE, TEAM, QUESTION), (FLAGGED,))
    ]
    shown += [ask(by=by) for by in ((), (TEAM,), (DEVICE,), (QUESTION,))]
    shown += [ask(teams=["north"]), ask(services=["beds"]), ask(questions=["food"]), ask(questions=WORDS[:2])]
    shown += [ask(spring, [TEAM, QUESTION], filters=Filters(assisted=yes)) for yes in (True, False)]
    shown += [ask(spring, [QUESTION, bucket(MONTH)], filters=Filters(stage=(number,))) for number in range(3)]
    session, scope = world.session, world.scope()
    shown += [option_counts(session, scope, ALL_TIME, [bucket(one), DEVICE]) for one in (WEEK, MONTH)]
    shown += [timeseries(session, scope, ALL_TIME, one, TODAY) for one in (WEEK, MONTH)]
    shown.append({key: one.responses for key, one in passes(session, scope, ALL_TIME, [bucket(MONTH), DEVICE]).items()})
    for ask_by_hour in (heatmap, lambda *about: timeseries(*about, HOUR, TODAY)):
        with pytest.raises(WholeBucketsError):  # nobody outside is told an hour
            ask_by_hour(session, scope, Period(date(2026, 5, 1), date(2026, 6, 1)))
    shown.append(coverage(session, scope, spring, instant(TODAY, scope.place.zone)))
    shown.append(responses_since_start(session, scope, ALL_TIME, MONTH, TODAY))
    return [sorted(map(repr, each.items())) if isinstance(each, dict) else repr(each) for each in shown]


def swaps(entered, differing=({1, 2},)):
    """(one, other, place): for each hidden small week, a pass of it and one beside it that answered differently."""
    outsider = Outsider(entered)
    for atom in list(outsider.cells):
        place = WORDS.index(atom[2])
        for week, some in outsider.split(atom, week_of).items():
            if not 0 < filled(some, atom[2]).counted < 5:
                continue
            for one in some:
                for other in outsider.cells[atom]:
                    pair = {one.answers[place], other.answers[place]}
                    beside = month_of(other.day) == month_of(one.day) and week_of(other.day) != week
                    if beside and pair in differing and one.flags == other.flags:
                        yield one, other, place
                        break
                else:
                    continue
                break


def swaps_of_cant_say(entered):
    """As swaps: of an answer that counts and one that does not ("can't say"), of passes that count by another."""
    for one, other, place in swaps(entered, ({1, 3}, {2, 3})):
        rest = [[each.answers[at] for at in range(len(WORDS)) if at != place] for each in (one, other)]
        if QUESTIONS[WORDS[place]][2] == "excluded" and all(1 in some for some in rest):
            yield one, other, place


def swaps_of_hours(entered):
    """Two passes of one team and day that were hours apart."""
    by_day = defaultdict(list)
    for each in entered:
        by_day[each.team, each.day].append(each)
    for some in by_day.values():
        if len({each.at for each in some}) > 1 and some[0].at != some[-1].at:
            yield some[0], some[-1], None


def swapped_passes(one, other, place):
    """Both as they are in the other world."""
    if place is None:
        return replace(one, at=other.at), replace(other, at=one.at)
    return with_answer(one, place, other.answers[place]), with_answer(other, place, one.answers[place])


def with_answer(each, place, answer):
    answers = list(each.answers)
    answers[place] = answer
    return replace(each, answers=tuple(answers))


def swaps_of_categories(entered):
    """As swaps: an assisted pass and one of the same week that was not, in a month of which either are few."""
    outsider = Outsider(entered, category=lambda each: bool(each.flags & 2))
    for atom in list(outsider.cells):
        place = WORDS.index(atom[2])
        for month, some in outsider.split(atom, month_of).items():
            if outsider.is_shown(atom, month_of, month):
                continue
            for one, other in itertools.product(some, some):
                apart = one.flags & 2 > other.flags & 2
                if (
                    apart
                    and week_of(one.day) == week_of(other.day)
                    and {one.answers[place], other.answers[place]} == {1, 2}
                ):
                    yield one, other, place
                    break


@pytest.mark.parametrize("swapped", [swaps, swaps_of_categories, swaps_of_cant_say, swaps_of_hours])
@pytest.mark.parametrize("seed", range(2))
def test_two_worlds_that_differ_in_what_is_hidden_look_alike(figures, devices, engine, seed, swapped):
    """An answer more in the hidden week, or of the hidden category, and one less beside it; or two hours exchanged."""
    entered = [
        replace(each, at=datetime(each.day.year, each.day.month, each.day.day, 8 + number % 9, tzinfo=UTC))
        for number, each in enumerate(sparse_passes(seed, devices))
    ]
    found = list(swapped(entered))
    assert len(found) > 3

    def seen(some):
        with engine.connect() as connection, connection.begin() as transaction:
            shown = everything_shown(World(figures, connection, some))
            transaction.rollback()
        return shown

    before = seen(entered)
    for one, other, place in found[:: max(1, len(found) // 4)]:
        first, second = entered.index(one), entered.index(other)
        changed = list(entered)
        changed[first], changed[second] = swapped_passes(one, other, place)
        assert changed != entered
        assert all(counts_of(changed, word) == counts_of(entered, word) for word in WORDS)
        assert seen(changed) == before
