"""The rollups are at every moment what a recount of the stored responses says: stored, taken out, flagged, migrated."""

import random
from datetime import date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, text

from protocol.record import FLAG_TEST, KIND_AUDIT, KIND_DECLINED
from server.ingest.recount import RECOUNTS, recompute_rollups, rollup_differences
from server.ingest.rollup_rows import RollupError
from server.ingest.rollup_tables import RollupHour, RollupRevision, RollupSegment
from server.ingest.rollup_withheld import WITHHELD
from server.ingest.rollups import ROLLUPS, add_to_rollups, take_from_rollups
from server.ingest.store import write_responses
from server.ingest.tables import UNDATED, Response
from tests.server.figures import SKIPPED, TIMED_OUT, Pass

TODAY = date(2026, 11, 23)
LONDON = ZoneInfo("Europe/London")


def random_passes(dice, devices, number):
    for _ in range(number):
        declined = dice.random() < 0.1
        day = UNDATED if dice.random() < 0.05 else TODAY - timedelta(days=dice.randrange(90))
        yield Pass(
            dice.choice(devices),
            day,
            (0, 0, 0) if declined else tuple(dice.choice((0, 1, 2, 3, 6, SKIPPED, TIMED_OUT)) for _ in range(3)),
            team=dice.choice(("haywood", "leek", "north")),
            reference=dice.choice((1, 2)),
            flagged=dice.random() < 0.2,
            partial=dice.random() < 0.2,
            kind=KIND_DECLINED if declined else 1,
            flags=FLAG_TEST if dice.random() < 0.05 else 0,
            at=datetime(day.year, day.month, day.day, dice.randrange(24), dice.randrange(60), tzinfo=LONDON),
        )


def dump(engine):
    with engine.connect() as connection:
        return {
            table.__tablename__: sorted(map(tuple, connection.execute(select(table.__table__))))
            for table in (*ROLLUPS, *WITHHELD)
        }


@pytest.fixture
def rows(engine, figures):
    dice = random.Random(4)
    devices = [figures.device(f"PET-{number}") for number in range(3)]
    with engine.connect() as connection:
        return [figures.row(each, connection) for each in random_passes(dice, devices, 400)]


def test_incremental_equals_recounted(engine, rows):
    with engine.begin() as connection:
        for start in range(0, len(rows), 90):
            write_responses(connection, rows[start : start + 90])
        audit = rows[0]._replace(kind=KIND_AUDIT, sequence=9999, flags=0)
        write_responses(connection, [audit])
        assert rollup_differences(connection) == {}
    before = dump(engine)
    assert all(before.values())
    with engine.begin() as connection:
        recompute_rollups(connection)
    assert dump(engine) == before


def test_what_is_taken_out_had_never_been(engine, rows):
    first, second = rows[:250], rows[250:]
    with engine.begin() as connection:
        write_responses(connection, first)
    before = dump(engine)
    with engine.begin() as connection:
        write_responses(connection, second)
        take_from_rollups(connection, reversed(second))
        connection.execute(delete(Response).where(Response.sequence > first[-1].sequence))
        assert rollup_differences(connection) == {}
    assert dump(engine) == before


def test_taking_out_what_was_never_counted_is_refused(engine, rows):
    counted = [row for row in rows if not row.flags & FLAG_TEST]
    with engine.begin() as connection:
        write_responses(connection, counted[:1])
    for wrong in (counted[1:2], counted[:1] * 2):
        with pytest.raises(RollupError, match="does not hold"), engine.begin() as connection:
            take_from_rollups(connection, wrong)


def test_a_flag_moves_counts_and_back(engine, rows):
    with engine.begin() as connection:
        write_responses(connection, rows)
    before = dump(engine)
    flagged = [row._replace(flagged_by_person=not row.flagged) for row in rows[:50]]
    with engine.begin() as connection:
        take_from_rollups(connection, rows[:50])
        add_to_rollups(connection, flagged)
    assert dump(engine) != before
    with engine.begin() as connection:
        take_from_rollups(connection, flagged)
        add_to_rollups(connection, rows[:50])
    assert dump(engine) == before


def test_the_revision_rises_with_every_change(engine, rows):
    revision = select(RollupRevision.revision)
    with engine.begin() as connection:
        write_responses(connection, rows[:9])
        assert connection.scalar(revision) == 1
        take_from_rollups(connection, rows[:1])
        assert connection.scalar(revision) == 2


@pytest.mark.parametrize("table", list(RECOUNTS), ids=lambda table: table.__tablename__)
def test_a_rollup_that_is_wrong_is_named(engine, rows, table):
    with engine.begin() as connection:
        write_responses(connection, [*rows, rows[0]._replace(kind=KIND_AUDIT, sequence=9999, flags=0)])
        name = table.__tablename__
        connection.execute(text(f"DELETE FROM {name} WHERE ctid = (SELECT min(ctid) FROM {name})"))  # noqa: S608
        assert rollup_differences(connection) == {table.__tablename__: 1}


def test_undated_answers_lie_in_a_segment_of_their_own_and_in_no_hour(engine, figures):
    device = figures.device("PET-1")
    figures.enter([Pass(device, UNDATED, (1, 1, 1)), Pass(device, TODAY, (1, SKIPPED, 6))])
    with engine.connect() as connection:
        spans = connection.execute(select(RollupSegment.month, RollupSegment.week).distinct()).all()
        assert sorted(spans) == [(UNDATED, UNDATED), (date(2026, 11, 1), TODAY)]
        assert connection.scalar(select(func.sum(RollupHour.counted))) == 1
        counted = {(row.position, row.counted) for row in connection.execute(select(RollupSegment.__table__))}
        assert counted == {(1, 1), (2, 1), (3, 1), (2, 0), (3, 0)}


def test_the_migration_fills_the_coarser_rollups(rows, engine):
    """A database as it was before: days only. What is made of it is what ingest would have made."""
    with engine.begin() as connection:
        write_responses(connection, [row for row in rows if not (row.flags & FLAG_TEST)])
    wanted = dump(engine)
    with engine.begin() as connection:
        _back_to_days(connection)
        for statement in _fill_of_the_migration():
            connection.exec_driver_sql(statement)
    assert dump(engine) == wanted


def _back_to_days(connection):
    for table in ROLLUPS:
        if not table.__tablename__.endswith("day"):
            connection.exec_driver_sql(f"DELETE FROM {table.__tablename__}")  # noqa: S608
    connection.exec_driver_sql("UPDATE rollup_response_day SET answering = 0")


def _fill_of_the_migration():
    fill = import_module("server.migrations.versions.0006_rollups").FILL
    return [one for one in fill.split(";") if one.strip() and "ix_rollup" not in one]
