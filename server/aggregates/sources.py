"""Chooses the coarsest rollup that answers a question about counts, and reads its sums."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.aggregates.dimensions import Dimension, Kind
from server.aggregates.narrowing import Conditions, of_days, of_scope, of_segments, split
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import RECEIVED, Scope
from server.aggregates.single_responses import check_span, single_rows, undated_rows
from server.ingest.tables import UNDATED

ANSWERS = ("n1", "n2", "n3", "n4", "n5", "n6", "skipped", "timed_out")
PASSES = ("complete", "partial", "declined", "answering")


class Sums(NamedTuple):
    """One row of sums. `key`: what stands in the place of each dimension, before words are put for numbers."""

    key: tuple[Any, ...]
    reference: int
    position: int  # 0: of passes, which belong to no single question
    flagged: bool
    counts: Sequence[int]


class Table(NamedTuple):
    """Where rows are, and what their time is called."""

    sql: str
    bucket: dict[Granularity, str]


BY_DAY = {
    Granularity.DAY: "t.day",
    Granularity.WEEK: "date_trunc('week', t.day)::date",
    Granularity.MONTH: "date_trunc('month', t.day)::date",
    Granularity.QUARTER: "date_trunc('month', t.day)::date",
}
BY_SEGMENT = {Granularity.WEEK: "t.week", Granularity.MONTH: "t.month", Granularity.QUARTER: "t.month"}


class Asked(NamedTuple):
    """What is to be summed: a scope, a period, by what; the answers, or the passes."""

    scope: Scope
    period: Period
    by: tuple[Dimension, ...]
    undated: bool
    answers: bool

    @property
    def granularity(self) -> Granularity | None:
        """Of its buckets, if it has any."""
        return next((each.granularity for each in self.by if each.kind is Kind.BUCKET), None)

    @property
    def from_single(self) -> str | None:
        """Which parameter needs the single responses, if one does."""
        used = self.scope.filters.used
        if used:
            return used[0]
        if self.scope.time_basis == RECEIVED:
            return "time_basis"
        return "granularity" if self.granularity is Granularity.HOUR else None

    @property
    def level(self) -> str:
        """What the coarsest rollup that will do is kept by: "" for devices, else teams, else the whole organisation."""
        kinds, scope = {each.kind for each in self.by}, self.scope
        if scope.devices or Kind.DEVICE in kinds:
            return ""
        narrowed = scope.teams or scope.services or scope.directorates or scope.visible is not None
        return "team_" if narrowed or kinds & {Kind.TEAM, Kind.SERVICE, Kind.DIRECTORATE} else "organisation_"


def sums(session: Session, asked: Asked) -> Iterator[Sums]:
    """The sums, from as many tables as the period needs. Raises SpanTooLongError."""
    if asked.from_single:
        yield from _of_single(session, asked)
        return
    days, between = _spans(asked)
    for span in days:
        conditions = of_scope(asked.scope, questions=asked.answers)
        of_days(conditions, span)
        table = Table("rollup_day" if asked.answers else "rollup_response_day", BY_DAY)
        yield from read(session, asked, table, conditions)
    if between is not None:
        conditions = of_scope(asked.scope, questions=asked.answers)
        of_segments(conditions, between)
        yield from read(session, asked, segments(asked), conditions)
    if asked.undated:
        yield from _undated_segments(session, asked)


def _undated_segments(session: Session, asked: Asked) -> Iterator[Sums]:
    conditions = of_scope(asked.scope, questions=asked.answers)
    conditions.add("t.month = :undated", undated=UNDATED)
    yield from read(session, asked, segments(asked), conditions)


def _spans(asked: Asked) -> tuple[list[Period], Period | None]:
    """As `split`."""
    if asked.period.first is not None and asked.period.first == asked.period.after:
        return [], None
    return ([asked.period], None) if asked.granularity is Granularity.DAY else split(asked.period)


def segments(asked: Asked) -> Table:
    """The coarsest rollup by segment."""
    name = f"rollup_{asked.level}segment" if asked.answers else f"rollup_{asked.level}response_segment"
    return Table(name, {**BY_SEGMENT, Granularity.DAY: "t.week", Granularity.HOUR: "t.week"})  # the two: undated only


def _of_single(session: Session, asked: Asked) -> Iterator[Sums]:
    assert asked.from_single is not None
    check_span(asked.scope, asked.period, asked.from_single)
    conditions = of_scope(asked.scope, questions=asked.answers)
    hourly = asked.granularity is Granularity.HOUR
    rows = single_rows(asked.scope, asked.period, conditions, answers=asked.answers, hourly=hourly)
    yield from read(session, asked, Table(rows, {**BY_DAY, Granularity.HOUR: "t.hour"}), conditions)
    if not asked.undated or asked.scope.time_basis == RECEIVED:  # of its receipt every response has a day
        return
    if not asked.scope.filters.used:
        yield from _undated_segments(session, asked)
    elif not asked.scope.outside:  # nor is it told from outside how many there are by a filter
        conditions = of_scope(asked.scope, questions=asked.answers)
        rows = undated_rows(asked.scope, conditions, answers=asked.answers)
        yield from read(session, asked, Table(rows, dict.fromkeys(Granularity, "t.day")), conditions)


def read(session: Session, asked: Asked, table: Table, conditions: Conditions) -> Iterator[Sums]:
    """The sums of these rows."""
    places = [_place(each, table) for each in asked.by]
    position = "t.position" if asked.answers else "0"
    counts = ANSWERS if asked.answers else PASSES
    # A constant is no column to be grouped by; the sums of integers are bigint already.
    groups = [*places, "t.reference", position, "t.flagged"]
    grouped = ", ".join(str(number) for number, place in enumerate(groups, 1) if place.startswith(("t.", "date")))
    columns = ", ".join([*groups, *(f"sum(t.{count})" for count in counts)])
    query = f"SELECT {columns} FROM {table.sql} AS t WHERE {conditions.sql} GROUP BY {grouped}"  # noqa: S608 - ours
    width = len(places)
    for row in session.execute(text(query), conditions.values).all():
        yield Sums(tuple(row[:width]), row[width], row[width + 1], row[width + 2], row[width + 3 :])


def _place(dimension: Dimension, table: Table) -> str:
    match dimension.kind:
        case Kind.BUCKET:
            assert dimension.granularity is not None
            return table.bucket[dimension.granularity]
        case Kind.DEVICE:
            return "t.device_id"
        case Kind.TEAM | Kind.SERVICE | Kind.DIRECTORATE:
            return "t.team_id"
        case _:  # made of reference, position and flagged, which are always there
            return "0"
