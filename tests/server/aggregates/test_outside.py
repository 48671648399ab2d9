"""What outsiders get is what the pure rule says, figure by figure."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from server.aggregates import outside
from server.aggregates.counts import WholeBucketsError
from server.aggregates.dimensions import DEVICE, QUESTION, SERVICE, TEAM, bucket
from server.aggregates.outside import published_period
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Filters
from server.aggregates.timeseries import timeseries
from server.ingest import rollup_withheld
from server.ingest.rollup_tables import RollupOrganisationWithheld
from server.ingest.rollup_withheld import close_months
from server.ingest.tables import UNDATED
from tests.server.aggregates.sparse import (
    HORIZON,
    SERVICE_OF,
    TEAM_OF,
    TODAY,
    Outsider,
    World,
    month_of,
    sparse_passes,
    week_of,
)
from tests.server.figures import Pass

WEEK, MONTH, QUARTER = Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER
ALL_TIME = Period(None, None)


@pytest.fixture
def devices(figures):
    return {serial: figures.device(serial, team=team) for serial, team in TEAM_OF.items()}


@pytest.fixture
def connection(engine, devices):  # noqa: ARG001 - they are committed before
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def named(figures, dimension, value):
    """The name of what stands in a key."""
    if dimension is DEVICE:
        return f"{value:08x}"
    names = figures.teams if dimension is TEAM else figures.services if dimension is SERVICE else {}
    return next((name for name, number in names.items() if number == value), value)


def compare(world, outsider, period, granularity, by, **names):
    """The tallies are what was counted by hand."""
    bucket_of = week_of if granularity is WEEK else month_of
    found = world.tallies(period, [bucket(granularity), *by], **names)
    read = {
        tuple(named(world.figures, dimension, value) for dimension, value in zip([None, *by], key, strict=True)): (
            tally.counts,
            tally.withheld,
        )
        for key, tally in found.items()
    }
    ways = {DEVICE: 0, TEAM: 1, QUESTION: 2}

    def key_of(*atom_and_bucket):
        *atom, start = atom_and_bucket
        return (start, *(SERVICE_OF[atom[1]] if one is SERVICE else atom[ways[one]] for one in by))

    end = HORIZON - timedelta(days=HORIZON.weekday()) if granularity is WEEK else HORIZON
    after = min(period.after or end, end)
    assert read == outsider.tallies(key_of, bucket_of, period.first or date.min, after)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_every_figure_is_the_sum_of_what_the_rule_publishes(figures, devices, connection, seed, kept):
    entered = list(sparse_passes(seed, devices))
    inside = ("north",) if seed % 3 == 0 else ()
    world, outsider = World(figures, connection, entered, inside, kept=kept), Outsider(entered, inside)
    for granularity in (WEEK, MONTH):
        for by in ((DEVICE, TEAM, QUESTION), (TEAM,), (SERVICE, QUESTION), (QUESTION,), ()):
            compare(world, outsider, ALL_TIME, granularity, by)
    compare(world, outsider, Period(date(2026, 5, 1), date(2026, 7, 1)), MONTH, (TEAM,))
    compare(world, outsider, Period(date(2026, 5, 4), date(2026, 6, 8)), WEEK, (DEVICE,))
    assert any(tally.withheld for tally in world.tallies(by=[bucket(WEEK)]).values())


WEAKER_RULES = {
    "a small month, kept": (rollup_withheld, "DIFFERENCES", "UNION SELECT * FROM months", ""),
    "the other weeks, kept": (rollup_withheld, "DIFFERENCES", "s.month + interval '1 month'", "s.month"),
    "a small month": (outside, "WEEKS", f"UNION {outside.SMALL_MONTHS}", ""),
    "the other weeks": (outside, "WEEKS", "s.month + interval '1 month'", "s.month"),
}


@pytest.mark.parametrize("forgotten", list(WEAKER_RULES))
def test_a_rule_that_forgets_something_is_caught(figures, devices, connection, monkeypatch, forgotten):
    module, name, part, instead = WEAKER_RULES[forgotten]
    weaker = getattr(module, name).replace(part, instead)
    assert weaker != getattr(module, name)
    monkeypatch.setattr(module, name, weaker)
    entered = list(sparse_passes(5, devices))
    world = World(figures, connection, entered, kept=module is rollup_withheld)
    with pytest.raises(AssertionError):
        compare(world, Outsider(entered), ALL_TIME, WEEK, (DEVICE, TEAM, QUESTION))


def test_what_is_kept_is_what_is_read(figures, devices, connection):
    """Or the tests of what is kept would be tests of what is found."""
    entered = list(sparse_passes(0, devices))
    world = World(figures, connection, entered)
    assert world.tallies(by=[bucket(WEEK)]) == World(figures, connection, [], kept=False).tallies(by=[bucket(WEEK)])
    close_months(connection, figures.organisation_id, HORIZON)
    connection.execute(delete(RollupOrganisationWithheld))
    assert not any(tally.withheld for tally in world.tallies(by=[bucket(WEEK)]).values())


@pytest.mark.parametrize("seed", range(2))
def test_a_raised_threshold_withholds_more_by_the_same_rule(figures, devices, connection, seed):
    entered = list(sparse_passes(seed, devices))
    world = World(figures, connection, entered)
    for granularity in (WEEK, MONTH):
        compare(world, Outsider(entered, threshold=8), ALL_TIME, granularity, (TEAM, QUESTION), min_n=8)
        compare(world, Outsider(entered), ALL_TIME, granularity, (TEAM, QUESTION), min_n=2)


@pytest.mark.parametrize("seed", range(3))
def test_a_filter_shows_months_of_which_every_category_is_large(figures, devices, connection, seed):
    entered = list(sparse_passes(seed, devices))
    world = World(figures, connection, entered)
    period = Period(date(2026, 5, 1), date(2026, 7, 1))
    outsider = Outsider(entered, category=lambda each: bool(each.flags & 2))
    for assisted in (True, False):
        found = world.tallies(period, [bucket(MONTH), TEAM, QUESTION], filters=Filters(assisted=assisted))
        read = {
            (start, named(figures, TEAM, team), word): (tally.counts, tally.withheld)
            for (start, team, word), tally in found.items()
        }
        wanted = outsider.tallies(
            lambda _, team, word, start: (start, team, word),
            month_of,
            *period,
            keep=lambda each, assisted=assisted: bool(each.flags & 2) == assisted,
        )
        # How many are withheld would be told by what they answered, so nothing of them is.
        assert read == {key: (counts, None) for key, (counts, _) in wanted.items() if any(counts)}


def test_what_is_flagged_or_undated_is_only_counted(figures, devices, connection):
    device = devices["PET-3"]
    entered = [Pass(device, date(2026, 6, 3), (1, 1, 1), team="north", flagged=number < 6) for number in range(20)]
    entered += [Pass(device, UNDATED, (1, 2, 1), team="north") for _ in range(9)]
    series = timeseries((world := World(figures, connection, entered)).session, world.scope(), ALL_TIME, MONTH, TODAY)
    assert sum(series.flagged.counts) == sum(series.undated.counts) == 0
    assert (series.flagged.withheld, series.undated.withheld) == (18, 27)
    assert (series.totals.counts.positive, series.totals.withheld) == (42, 27)


def test_an_insider_sees_every_count_and_another_team_stays_hidden(figures, devices, connection):
    day = date(2026, 6, 3)
    entered = [Pass(devices["PET-1"], day, (1, 1, 1)), Pass(devices["PET-3"], day, (2, 2, 2), team="north")]
    world = World(figures, connection, entered, inside=["haywood"])
    assert world.tallies(teams=["haywood"])[()].counts.positive == 3
    assert world.tallies(teams=["north"])[()].withheld == 3
    both = world.tallies()[()]
    assert (both.counts.positive, both.withheld, both.responses) == (3, 3, 2)
    assert world.scope(teams=["haywood"]).outside is False


@pytest.mark.parametrize(
    ("period", "granularity", "names", "parameter"),
    [
        ((date(2026, 6, 3), date(2026, 7, 1)), None, {}, "period"),
        ((date(2026, 6, 1), date(2026, 6, 30)), None, {}, "period"),
        ((date(2026, 6, 2), date(2026, 7, 1)), MONTH, {}, "period"),
        ((date(2026, 7, 1), date(2026, 8, 1)), WEEK, {}, "period"),
        ((None, None), Granularity.DAY, {}, "granularity"),
        ((None, None), Granularity.HOUR, {}, "granularity"),
        ((None, None), None, {"include_flagged": True}, "include_flagged"),
        ((None, None), None, {"time_basis": "received"}, "time_basis"),
        ((None, None), MONTH, {"filters": Filters(assisted=True, stage=(1,))}, "stage"),
        ((None, None), WEEK, {"filters": Filters(assisted=True)}, "assisted"),
    ],
)
def test_what_outsiders_may_not_ask_is_refused_with_the_remedy(
    figures, connection, period, granularity, names, parameter
):
    world = World(figures, connection, [])
    by = [bucket(granularity)] if granularity else []
    with pytest.raises(WholeBucketsError, match="ask ") as error:
        world.tallies(Period(*period), by, **names)
    assert error.value.parameter == parameter


@pytest.mark.parametrize(
    ("period", "granularity", "covered"),
    [
        ((None, None), MONTH, (None, HORIZON)),
        ((None, None), WEEK, (None, date(2026, 7, 27))),  # the next week touches August
        ((date(2026, 1, 1), date(2027, 1, 1)), None, (date(2026, 1, 1), HORIZON)),
        ((date(2026, 5, 11), date(2026, 8, 10)), None, (date(2026, 5, 11), date(2026, 7, 27))),
        ((date(2026, 8, 10), date(2026, 8, 17)), WEEK, (date(2026, 8, 10), date(2026, 8, 10))),
        ((date(2026, 7, 27), date(2026, 8, 3)), WEEK, (date(2026, 7, 27), date(2026, 7, 27))),
    ],
)
def test_outsiders_see_up_to_the_end_of_last_month(figures, connection, period, granularity, covered):
    scope = World(figures, connection, []).scope()
    assert published_period(scope, Period(*period), granularity) == Period(*covered)
