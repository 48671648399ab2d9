"""What is withheld from who asks from outside a team: read where ingest keeps it, and subtracted.

The rule is that of server/measures/suppression.py; docs/suppression.md says it for people. A cell is one (device, team,
question) in one whole week or month. Where more is withheld than by the rule (`min_n`), or a month is over that ingest
has not closed yet, it is found here, as SQL: every row of a small cell is small itself, so small rows lead to each.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.dimensions import TEAM, Kind
from server.aggregates.narrowing import Conditions, is_border, of_scope, of_segments
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import ANSWERED, Scope
from server.aggregates.single_responses import check_span, single_rows
from server.aggregates.sources import BY_DAY, BY_SEGMENT, Asked, Sums, Table, read, segments
from server.ingest.rollup_tables import RollupRevision
from server.ingest.tables import UNDATED
from server.measures.suppression import WITHHELD_BELOW

# Which (device, team, question) may hold a small cell, and when.
SMALL = """small AS MATERIALIZED (SELECT DISTINCT t.device_id, t.team_id, q.question_id, t.month, t.week
    FROM rollup_segment t JOIN version_question q
        ON (q.organisation_id, q.reference, q.position) = (t.organisation_id, t.reference, t.position)
    WHERE {conditions})"""
# By cell, its rows. LATERAL with OFFSET 0: looked up cell by cell, for nobody can tell the planner how few they are.
ROWS = """CROSS JOIN LATERAL (SELECT t.* FROM version_question q JOIN rollup_segment t
        ON (t.organisation_id, t.device_id, t.team_id, t.reference, t.position, t.flagged)
         = (:organisation, {cell}.device_id, {cell}.team_id, q.reference, q.position, false)
    WHERE q.organisation_id = :organisation AND q.question_id = {cell}.question_id AND {when} OFFSET 0) AS t"""
OF_MONTH = "t.month = {cell}.month"
OF_WEEK = """t.week = {cell}.week
    AND t.month IN (date_trunc('month', {cell}.week)::date, date_trunc('month', {cell}.week + 6)::date)"""


def _rows(cell: str, when: str) -> str:
    return ROWS.format(cell=cell, when=when.format(cell=cell))


SMALL_MONTHS = f"""SELECT s.device_id, s.team_id, s.question_id, s.month
    FROM (SELECT DISTINCT device_id, team_id, question_id, month FROM small) AS s {_rows("s", OF_MONTH)}
    GROUP BY 1, 2, 3, 4 HAVING sum(t.counted) < :published_from"""  # noqa: S608 - ours
SMALL_WEEKS = f"""SELECT s.device_id, s.team_id, s.question_id, s.week
    FROM (SELECT DISTINCT device_id, team_id, question_id, week FROM small) AS s {_rows("s", OF_WEEK)}
    GROUP BY 1, 2, 3, 4 HAVING sum(t.counted) < :published_from"""  # noqa: S608 - ours
MONTHS = f"""(WITH {SMALL}, hidden AS MATERIALIZED ({SMALL_MONTHS})
    SELECT t.* FROM hidden h {_rows("h", OF_MONTH)})"""  # noqa: S608 - ours
# The weeks of a month are shown together or not at all: a small one hides all that touch the months it touches, and so
# does a month that is small itself.
WEEKS = f"""(WITH {SMALL}, shut AS (
    SELECT w.device_id, w.team_id, w.question_id, touched.month FROM ({SMALL_WEEKS}) AS w
    CROSS JOIN LATERAL (VALUES (date_trunc('month', w.week)::date), (date_trunc('month', w.week + 6)::date))
        AS touched (month)
    UNION {SMALL_MONTHS}),
    hidden AS MATERIALIZED (
    SELECT DISTINCT s.device_id, s.team_id, s.question_id, touching.monday::date AS week FROM shut s
    CROSS JOIN LATERAL generate_series(date_trunc('week', s.month),
        s.month + interval '1 month' - interval '1 day', interval '7 days') AS touching (monday))
    SELECT t.* FROM hidden h {_rows("h", OF_WEEK)})"""  # noqa: S608 - ours
# Of a filter, every category has to be large, or whoever knows all but one and the total knows the last.
FILTERED = """(WITH hidden AS MATERIALIZED (
    SELECT DISTINCT c.device_id, c.team_id, c.question_id, c.month FROM (
        SELECT t.device_id, t.team_id, q.question_id, date_trunc('month', t.day)::date AS month, t.category,
            count(v.option) FILTER (WHERE v.sentiment <> 'excluded') AS counted
        FROM {categories} AS t JOIN version_question q
            ON (q.organisation_id, q.reference, q.position) = (t.organisation_id, t.reference, t.position)
        LEFT JOIN version_option v ON (v.organisation_id, v.reference, v.position, v.option)
            = (t.organisation_id, t.reference, t.position, t.answers[t.position])
        WHERE NOT t.flagged AND {conditions} GROUP BY 1, 2, 3, 4, 5) AS c
    WHERE c.counted < :published_from)
    SELECT t.* FROM {rows} AS t JOIN version_question q
        ON (q.organisation_id, q.reference, q.position) = (t.organisation_id, t.reference, t.position)
    JOIN hidden h ON (h.device_id, h.team_id, h.question_id, h.month)
        = (t.device_id, t.team_id, q.question_id, date_trunc('month', t.day)::date)
    WHERE NOT t.flagged)"""


class WholeBucketsError(ValueError):
    """Somebody outside a team asks for more than outsiders are shown. `parameter` is to blame; it says what to do."""

    def __init__(self, parameter: str, remedy: str) -> None:
        super().__init__(f"is more than is shown from outside a team: {remedy}")
        self.parameter = parameter


def published_period(scope: Scope, period: Period, granularity: Granularity | None) -> Period:
    """What a view of the period covers: seen from inside all of it, from outside what is over by whole weeks or months.

    Outsiders see up to the end of last month, weeks too: a later small week must not uncover what was noted before.
    Raises WholeBucketsError.
    """
    if not scope.outside:
        return period
    weekly = _is_weekly(scope, period, granularity)
    first, after = period
    if first is not None and first >= scope.horizon:
        return Period(first, first)  # nothing of it is over
    end = scope.horizon
    if weekly:
        end -= timedelta(days=end.weekday())
    if after is not None and after < end:
        end = after
    for day in (first, end):
        if day is not None and (day.weekday() != 0 if weekly else day.day != 1):
            what = "weeks, from a Monday to a Monday" if weekly else "calendar months"
            raise WholeBucketsError("period", f"ask for whole {what}.")
    return Period(first, end if first is None else max(first, end))


def refuse_filters(scope: Scope) -> None:
    """How many answered is told to all, but by a filter it says what they answered: of the respondent, for one.

    Raises WholeBucketsError to who asks from outside.
    """
    if scope.outside and scope.filters.used:
        raise WholeBucketsError(scope.filters.used[0], "ask how many responses there were without a filter.")


def _is_weekly(scope: Scope, period: Period, granularity: Granularity | None) -> bool:
    if granularity in {Granularity.HOUR, Granularity.DAY}:
        raise WholeBucketsError("granularity", "ask by week, month or quarter.")
    filters = scope.filters.used
    if len(filters) > 1:
        raise WholeBucketsError(filters[1], "ask with one filter at a time.")
    if scope.include_flagged:
        raise WholeBucketsError("include_flagged", "ask without it.")
    if scope.time_basis != ANSWERED:
        raise WholeBucketsError("time_basis", "ask by the time of the answers.")
    if granularity is not None:
        weekly = granularity is Granularity.WEEK
    else:
        weekly = any(day is not None and day.day != 1 and day < scope.horizon for day in period)
        weekly = weekly and all(is_border(day) for day in period)
    if weekly and filters:
        raise WholeBucketsError(filters[0], "with a filter, ask by month or quarter, for whole months.")
    return weekly


def withheld(session: Session, asked: Asked) -> Iterator[Sums]:
    """The sums of all that `sources.sums` counted and outsiders are not shown. The period is a published one."""
    granularity = asked.granularity
    weekly = _is_weekly(asked.scope, asked.period, granularity)
    if asked.scope.filters.used:
        yield from _filtered(session, asked)
    else:
        find = _kept if _is_kept(session, asked.scope) else _hidden_cells
        conditions = Conditions()
        of_segments(conditions, asked.period)
        table = Table(find(asked, conditions, weekly=weekly), BY_SEGMENT)
        yield from read(session, asked, table, conditions)
    if any(each.kind is Kind.FLAGGED for each in asked.by):
        yield from _all_of_outside(session, asked, "t.flagged")
    if asked.undated:
        undated = asked._replace(period=Period(UNDATED, UNDATED + timedelta(days=1)))
        yield from _all_of_outside(session, undated, "NOT t.flagged")


def _is_kept(session: Session, scope: Scope) -> bool:
    """Whether ingest has judged by this very rule all that outsiders may be shown by now."""
    kept = select(RollupRevision.withheld_before).where(RollupRevision.organisation_id == scope.place.organisation_id)
    return scope.published_from == WITHHELD_BELOW and (session.scalar(kept) or date.min) >= scope.horizon


def _kept(asked: Asked, values: Conditions, *, weekly: bool) -> str:
    """The rows that are not shown, as a table; of all teams together where nobody narrows them."""
    whole = asked.level == "organisation_" and not asked.scope.inside
    found = of_scope(asked.scope, questions=True)
    if not whole:
        _from_outside(found, asked.scope)
    for part in found.parts:
        values.add(part)
    values.add("t.weekly = :weekly", weekly=weekly, **found.values)
    return f"(SELECT *, false AS flagged FROM rollup_{'organisation_' if whole else ''}withheld)"  # noqa: S608 - ours


def _hidden_cells(asked: Asked, values: Conditions, *, weekly: bool) -> str:
    """The rows of the cells that are not shown, as a table. The values that it names are put into `values`."""
    candidates = of_scope(asked.scope, questions=True)
    _from_outside(candidates, asked.scope)
    candidates.add("NOT t.flagged AND t.month <> :undated AND t.counted < :published_from", undated=UNDATED)
    candidates.values["published_from"] = asked.scope.published_from
    first, after = asked.period
    reach = timedelta(days=31 if weekly else 0)  # a small week beyond the period can hide one within
    if first:
        candidates.add("t.month >= :small_from", small_from=(first.replace(day=1) - reach).replace(day=1))
    if after:
        candidates.add("t.month <= :small_to", small_to=(after + reach).replace(day=1))
    values.values |= candidates.values
    return (WEEKS if weekly else MONTHS).format(conditions=candidates.sql)


def _filtered(session: Session, asked: Asked) -> Iterator[Sums]:
    scope, [name] = asked.scope, asked.scope.filters.used
    check_span(scope, asked.period, name)
    conditions = of_scope(scope, questions=True)
    _from_outside(conditions, scope)
    conditions.values["published_from"] = scope.published_from
    categories = single_rows(scope, asked.period, conditions, answers=True, category=name)
    within = conditions.sql
    rest = Conditions(["true"], dict(conditions.values))
    rows = single_rows(scope, asked.period, rest, answers=True)
    table = FILTERED.format(categories=categories, conditions=within, rows=rows)
    final = Conditions([within], conditions.values | rest.values)
    yield from read(session, asked, Table(table, BY_DAY), final)


def _all_of_outside(session: Session, asked: Asked, which: str) -> Iterator[Sums]:
    conditions = of_scope(asked.scope, questions=True)
    if asked.scope.inside:
        _from_outside(conditions, asked.scope)
        asked = asked._replace(by=(*asked.by, TEAM))  # so that the rows read are of teams at least
    conditions.add(which)
    if asked.scope.filters.used:
        table = Table(single_rows(asked.scope, asked.period, conditions, answers=True), BY_DAY)
    else:
        table = segments(asked)
        if asked.period.first == UNDATED:
            conditions.add("t.month = :undated", undated=UNDATED)
        else:
            of_segments(conditions, asked.period)
    yield from read(session, asked, table, conditions)


def _from_outside(conditions: Conditions, scope: Scope) -> None:
    inside = sorted(scope.inside or ())
    conditions.add("t.team_id <> ALL(CAST(:inside AS integer[]))", inside=inside)
