"""What is kept of what is withheld is always what the pure rule says: come late, flagged, moved, taken back."""

from datetime import date, timedelta
from importlib import import_module
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, or_, select, text

from server.evidence.moves import move_counts
from server.ingest.recount import recompute_rollups, rollup_differences
from server.ingest.rollup_tables import RollupOrganisationWithheld, RollupRevision, RollupSegment, RollupWithheld
from server.ingest.rollup_withheld import COUNTS, EVER, WITHHELD
from server.ingest.rollups import add_to_rollups, take_from_rollups
from server.ingest.tables import UNDATED
from server.measures.suppression import NOTHING, Filled, published
from tests.server.figures import QUESTIONS, Pass

TODAY = date.today()  # noqa: DTZ011 - what is over is said by the database's clock
SPAN_DAYS = 130
WORDS = list(QUESTIONS)


@pytest.fixture
def devices(figures):
    return [figures.device(serial) for serial in ("PET-1", "PET-2")]


@pytest.fixture
def connection(engine, devices):  # noqa: ARG001 - they are committed before
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def due(connection):
    """By key, what the pure rule withholds of what `rollup_segment` holds."""
    before = connection.scalar(select(RollupRevision.withheld_before)) or date.min
    atoms = {}
    for row in connection.execute(select(RollupSegment.__table__)):
        if not row.flagged and row.month != UNDATED:
            atoms.setdefault((row.device_id, row.team_id, WORDS[row.position - 1]), []).append(row)
    found = {}
    for rows in atoms.values():
        weeks, months = {}, {}
        for row in rows:
            filled = Filled(row.counted, sum(getattr(row, name) for name in COUNTS))
            weeks[row.week] = weeks.get(row.week, NOTHING).plus(filled)
            months[row.month] = months.get(row.month, NOTHING).plus(filled)
        shown = published(weeks, months, EVER[1])
        for row in rows:
            over = row.week + timedelta(days=6) < before
            for weekly, hidden in (
                (False, row.month not in shown.months),
                (True, over and row.week not in shown.weeks),
            ):
                if hidden and row.month < before:
                    found[key_of(row), weekly] = [getattr(row, name) for name in COUNTS]
    return found


def key_of(row):
    return (row.organisation_id, row.device_id, row.team_id, row.reference, row.position, row.month, row.week)


def assert_kept(connection):
    kept = {
        (key_of(row), row.weekly): [getattr(row, name) for name in COUNTS]
        for row in connection.execute(select(RollupWithheld.__table__))
    }
    assert kept == due(connection)
    whole = {}
    for ((here, _, _, *place, month, week), weekly), counts in kept.items():
        sums = whole.setdefault((here, month, week, *place, weekly), [0] * len(counts))
        sums[:] = map(sum, zip(sums, counts, strict=True))
    assert whole == {
        (row.organisation_id, row.month, row.week, row.reference, row.position, row.weekly): [
            getattr(row, name) for name in COUNTS
        ]
        for row in connection.execute(select(RollupOrganisationWithheld.__table__))
    }


class History:
    """Whatever happens to responses, in any order."""

    def __init__(self, figures, devices, connection):
        self.figures, self.devices, self.connection = figures, devices, connection
        self.counted = []

    def happens(self, deed, dice):
        getattr(self, deed)(dice)

    def batch(self, dice):
        """Mostly of one week, as a device brings it; sometimes without a date."""
        monday = TODAY - timedelta(days=dice.randrange(SPAN_DAYS))
        device, reference = dice.choice(self.devices), dice.choice((1, 2))

        def one():
            day = UNDATED if dice.random() < 0.05 else min(TODAY, monday + timedelta(days=dice.randrange(7)))
            answers = tuple(dice.choice((0, 1, 1, 2, 3, 14)) for _ in WORDS)
            team = dice.choice(("haywood", "haywood", "north"))
            return Pass(device, day, answers, team=team, reference=reference, flagged=dice.random() < 0.1)

        rows = [self.figures.row(one(), self.connection) for _ in range(dice.choice((1, 3, 6, 12)))]
        add_to_rollups(self.connection, rows)
        self.counted += rows

    def flag(self, dice):
        self._move(dice, lambda row: row._replace(flagged_by_person=not row.flagged))

    def correct(self, dice):
        team = self.figures.teams[dice.choice(("haywood", "leek", "north"))]
        self._move(dice, lambda row: row._replace(team_id=team))

    def _move(self, dice, changed):
        before = self._some(dice)
        after = [changed(row) for row in before]
        move_counts(self.connection, before, after)
        self.counted += after

    def undo(self, dice):
        gone = self._some(dice)
        take_from_rollups(self.connection, gone)

    def month(self, dice):
        """As it was when that month had not begun; whatever comes next finds that it has passed."""
        first = (TODAY - timedelta(days=dice.randrange(SPAN_DAYS))).replace(day=1)
        self.connection.execute(
            text("UPDATE rollup_revision SET withheld_before = least(withheld_before, :first)"), {"first": first}
        )
        for table in WITHHELD:
            of_week = and_(table.weekly, table.week + 6 >= first)
            self.connection.execute(table.__table__.delete().where(or_(table.month >= first, of_week)))

    def _some(self, dice):
        dice.shuffle(self.counted)
        number = dice.randrange(len(self.counted) + 1)
        gone, self.counted = self.counted[:number], self.counted[number:]
        return gone


DEEDS = ("batch", "batch", "batch", "flag", "correct", "undo", "month")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 2**32)), min_size=1, max_size=14))
def test_what_is_kept_is_what_the_rule_says_after_whatever_happens(figures, devices, connection, deeds):
    with connection.begin_nested() as example:
        history = History(figures, devices, connection)
        for deed, seed in [("batch", 1), *deeds]:
            history.happens(deed, Random(seed))
            assert_kept(connection)
        example.rollback()


def test_the_running_month_changes_nothing_of_what_is_kept(figures, devices, connection):
    """Also not of the week in which it began, whose first days are of the month before."""
    first = TODAY.replace(day=1)
    days = [first - timedelta(days=number) for number in range(1, 60)]
    rows = [figures.row(Pass(devices[0], day, (1, 1, 1)), connection) for day in days for _ in range(6)]
    add_to_rollups(connection, rows)
    before = kept(connection)
    assert_kept(connection)
    for number in range(1, 7):
        add_to_rollups(connection, [figures.row(Pass(devices[0], TODAY, (1, 1, 1)), connection)])
        assert kept(connection) == before, number
        assert_kept(connection)
        add_to_rollups(connection, [figures.row(Pass(devices[0], days[0], (1, 1, 1)), connection)])  # a late one
        assert_kept(connection)


def kept(connection):
    return [sorted(map(tuple, connection.execute(select(table.__table__)))) for table in WITHHELD]


@pytest.fixture
def entered(figures, devices):
    dice = Random(3)
    rows = []
    for _ in range(300):
        day = TODAY - timedelta(days=dice.randrange(SPAN_DAYS))
        rows.append(Pass(dice.choice(devices), day, (1, 2, 3), team=dice.choice(("haywood", "north"))))
    figures.enter(rows)


@pytest.mark.usefixtures("entered")
def test_recomputed_is_what_was_kept(engine):
    with engine.begin() as connection:
        before = kept(connection)
        assert all(before)
        assert rollup_differences(connection) == {}
        recompute_rollups(connection)
        assert kept(connection) == before


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("table", WITHHELD, ids=lambda table: table.__tablename__)
def test_a_row_that_is_wrong_is_found(engine, table):
    name = table.__tablename__
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {name} SET n1 = n1 + 1 WHERE ctid = (SELECT min(ctid) FROM {name})"))  # noqa: S608
        assert name in rollup_differences(connection)


@pytest.mark.usefixtures("entered")
def test_the_migration_finds_what_ingest_would_have_kept(engine):
    fill = import_module("server.migrations.versions.0013_withheld").FILL
    with engine.begin() as connection:
        before = kept(connection)
        for table in WITHHELD:
            connection.execute(table.__table__.delete())
        for statement in filter(str.strip, fill.split(";")):
            connection.exec_driver_sql(statement)
        assert kept(connection) == before
