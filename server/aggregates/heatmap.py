"""When people answer: the counts of each local hour of the week."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.aggregates.narrowing import Conditions, of_scope
from server.aggregates.outside import published_period, refuse_filters
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import RECEIVED, Scope
from server.aggregates.single_responses import check_span, single_rows
from server.ingest.tables import UNDATED

ROLLUP = """SELECT t.weekday, t.hour, sum(t.counted), sum(t.positive) FROM {table} AS t
    WHERE {conditions} GROUP BY 1, 2"""
SINGLE = """SELECT extract(isodow FROM t.hour AT TIME ZONE :zone)::integer - 1,
        extract(hour FROM t.hour AT TIME ZONE :zone)::integer,
        count(*), count(*) FILTER (WHERE v.sentiment = 'positive')
    FROM {rows} AS t JOIN version_option v ON (v.organisation_id, v.reference, v.position, v.option)
                                            = (t.organisation_id, t.reference, t.position, t.answers[t.position])
    WHERE v.sentiment <> 'excluded' AND {conditions} GROUP BY 1, 2"""


class HeatCell(NamedTuple):
    """Answers in the denominator in one hour of the week, and the positive ones; None where that is not shown."""

    counted: int
    positive: int | None


def heatmap(session: Session, scope: Scope, period: Period) -> dict[tuple[int, int], HeatCell]:
    """(weekday from 0 for Monday, local hour) -> its cell, where there is any answer. Undated ones are in no hour.

    Where the clocks go back, the hour that comes twice holds both. Seen from outside only how many answered is told.
    Whole months are read from a rollup; else the single responses are. Raises WholeBucketsError, SpanTooLongError.
    """
    refuse_filters(scope)
    covered = published_period(scope, period, Granularity.MONTH if scope.outside else None)
    rollup = _rollup(scope, covered)
    conditions = of_scope(scope, questions=True)
    if not scope.include_flagged:
        conditions.add("NOT t.flagged")
    if rollup:
        _of_months(conditions, covered)
        query = ROLLUP.format(table=rollup, conditions=conditions.sql)
    else:
        check_span(scope, covered, scope.filters.used[0] if scope.filters.used else "period")
        rows = single_rows(scope, covered, conditions, answers=True)
        query = SINGLE.format(rows=rows, conditions=conditions.sql)
    return {
        (weekday, hour): HeatCell(counted, None if scope.outside else positive)
        for weekday, hour, counted, positive in session.execute(text(query), conditions.values)
    }


def _rollup(scope: Scope, period: Period) -> str | None:
    """The table that knows: hours are kept of teams and of the organisation, by whole months."""
    whole = all(day is None or day.day == 1 for day in period)
    if not whole or scope.devices or scope.filters.used or scope.time_basis == RECEIVED:
        return None
    narrowed = scope.teams or scope.services or scope.directorates or scope.visible is not None
    return "rollup_hour" if narrowed else "rollup_organisation_hour"


def _of_months(conditions: Conditions, period: Period) -> None:
    conditions.add("t.month <> :undated", undated=UNDATED)
    if period.first:
        conditions.add("t.month >= :first", first=period.first)
    if period.after:
        conditions.add("t.month < :after", after=period.after)
