"""When people answer: the counts of each local hour of the week."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.aggregates.narrowing import Conditions, of_scope
from server.aggregates.outside import WholeBucketsError
from server.aggregates.periods import Period
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
    """Answers in the denominator in one hour of the week, and the positive ones."""

    counted: int
    positive: int


def heatmap(session: Session, scope: Scope, period: Period) -> dict[tuple[int, int], HeatCell]:
    """(weekday from 0 for Monday, local hour) -> its cell, where there is any answer. Undated ones are in no hour.

    Where the clocks go back, the hour that comes twice holds both. Whole months are read from a rollup; else the single
    responses are, and of other periods those are left out whose hour is not told (HOUR_FROM).
    Raises SpanTooLongError, and WholeBucketsError to who asks from outside: they are told no hours.
    """
    if scope.outside:
        raise WholeBucketsError("team", "when people answer is told inside a team only, so ask for teams of your own.")
    rollup = _rollup(scope, period)
    conditions = of_scope(scope, questions=True)
    if not scope.include_flagged:
        conditions.add("NOT t.flagged")
    if rollup:
        _of_months(conditions, period)
        query = ROLLUP.format(table=rollup, conditions=conditions.sql)
    else:
        check_span(scope, period, scope.filters.used[0] if scope.filters.used else "period")
        rows = single_rows(scope, period, conditions, answers=True, hourly=not _whole_months(period))
        query = SINGLE.format(rows=rows, conditions=conditions.sql)
    return {
        (weekday, hour): HeatCell(counted, positive)
        for weekday, hour, counted, positive in session.execute(text(query), conditions.values)
    }


def _rollup(scope: Scope, period: Period) -> str | None:
    """The table that knows: hours are kept of teams and of the organisation, by whole months."""
    if not _whole_months(period) or scope.devices or scope.filters.used or scope.time_basis == RECEIVED:
        return None
    narrowed = scope.teams or scope.services or scope.directorates or scope.visible is not None
    return "rollup_hour" if narrowed else "rollup_organisation_hour"


def _whole_months(period: Period) -> bool:
    return all(day is None or day.day == 1 for day in period)


def _of_months(conditions: Conditions, period: Period) -> None:
    conditions.add("t.month <> :undated", undated=UNDATED)
    if period.first:
        conditions.add("t.month >= :first", first=period.first)
    if period.after:
        conditions.add("t.month < :after", after=period.after)
