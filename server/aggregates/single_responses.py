"""The single responses as rows to be counted, for what no rollup knows: filters, hours, the time of receipt."""

from datetime import timedelta

from server.aggregates.narrowing import Conditions, of_days
from server.aggregates.periods import Period, instant
from server.aggregates.scope import RECEIVED, Scope

FILTER_DAYS_MAX = 366  # of named teams, services or devices
WIDE_FILTER_DAYS_MAX = 92  # of more: 10 million responses in two years are 1.3 million in a quarter
# Fewer responses of a team on one day: a home visit and its hour together would tell who answered.
HOUR_FROM = 5

RESPONDENT = """(SELECT v.code FROM version_question q
    JOIN question w ON (w.organisation_id, w.question_id) = (q.organisation_id, q.question_id)
    JOIN version_option v ON (v.organisation_id, v.reference, v.position) = (q.organisation_id, q.reference, q.position)
    WHERE q.organisation_id = r.organisation_id AND q.reference = r.reference AND v.option = r.answers[q.position]
      AND 'respondent' IN (q.question_id, w.topic) ORDER BY q.position LIMIT 1)"""
LANGUAGE = """(SELECT n.definition -> 'languages' ->> r.language::integer FROM questionnaire_version n
    WHERE (n.organisation_id, n.reference) = (r.organisation_id, r.reference))"""
# By filter: what it looks at. Also the categories of which each must be large enough to be shown outside.
LOOKED_AT = {
    "language": f"coalesce({LANGUAGE}, '')",
    "respondent": f"coalesce({RESPONDENT}, '')",
    "assisted": "(r.flags & 2) <> 0",
    "partial": "(r.flags & 1) <> 0",
    "quality": "r.quality",
    "stage": "r.stage",
}
# Team by team, as the index of responses lies: there are few of them among many.
UNDATED_ONES = """r.answered_at IS NULL
    AND r.team_id IN (SELECT e.team_id FROM team e WHERE e.organisation_id = :organisation)"""
ANSWERED_DAY = "r.day"
RECEIVED_DAY = "(r.received_at AT TIME ZONE :zone)::date"
ROWS = """SELECT r.organisation_id, r.device_id, r.team_id, r.reference, {day} AS day, r.flagged, r.answers,
       date_trunc('hour', {instant}, :zone) AS hour, r.answered_at, {category} AS category,
       (r.kind = 1 AND r.flags & 1 = 0)::integer AS complete, (r.kind = 1 AND r.flags & 1 <> 0)::integer AS partial,
       (r.kind = 3)::integer AS declined
    FROM response r WHERE r.organisation_id = :organisation AND r.kind IN (1, 3) AND r.flags & 64 = 0 AND {filters}"""
# Days of a team on which so many answered that an hour tells nobody. Neither a technician's test nor suspected misuse
# is somebody who answered, whatever the question includes: beside four of them one person would stand alone.
BUSY_DAYS = """(r.team_id, {day}) IN (SELECT r.team_id, {day} FROM response r
    WHERE r.organisation_id = :organisation AND r.kind = 1 AND r.flags & 64 = 0 AND NOT r.flagged
      AND {column} >= :begins AND {column} < :ends
    GROUP BY 1, 2 HAVING count(*) >= :hour_from)"""
ANSWERS = """(SELECT p.*, g.position, (g.answer = 1)::integer AS n1, (g.answer = 2)::integer AS n2,
       (g.answer = 3)::integer AS n3, (g.answer = 4)::integer AS n4, (g.answer = 5)::integer AS n5,
       (g.answer = 6)::integer AS n6, (g.answer = 14)::integer AS skipped, (g.answer = 15)::integer AS timed_out
    FROM ({rows}) AS p, unnest(p.answers) WITH ORDINALITY AS g (answer, position) WHERE g.answer <> 0)"""
PASSES = """(SELECT p.*, EXISTS (SELECT FROM unnest(p.answers) WITH ORDINALITY AS g (answer, position)
        JOIN version_option v ON (v.organisation_id, v.reference, v.position, v.option)
                               = (p.organisation_id, p.reference, g.position, g.answer)
        WHERE v.sentiment <> 'excluded')::integer AS answering
    FROM ({rows}) AS p)"""


class SpanTooLongError(ValueError):
    """A question that needs the single responses asks about too long a time. `parameter` is to blame."""

    def __init__(self, parameter: str, days: int) -> None:
        super().__init__(f"needs single responses, which are read for at most {days} days: ask for a shorter period.")
        self.parameter = parameter


def check_span(scope: Scope, period: Period, parameter: str) -> None:
    """Raises SpanTooLongError."""
    narrow = scope.teams or scope.services or scope.devices
    days = FILTER_DAYS_MAX if narrow else WIDE_FILTER_DAYS_MAX
    if period.first is None or period.after is None or period.after - period.first > timedelta(days=days):
        raise SpanTooLongError(parameter, days)


def single_rows(
    scope: Scope,
    period: Period,
    conditions: Conditions,
    *,
    answers: bool,
    category: str = "",
    hourly: bool = False,
) -> str:
    """The rows of the scope's responses that its filters leave, as a table: one row an answer or one a pass.

    `category`: the filter whose categories are to be told apart; then it filters nothing. `hourly`: only those whose
    hour the viewer is told; the period has two ends then. The conditions get values.
    """
    column = "r.received_at" if scope.time_basis == RECEIVED else "r.answered_at"
    filters = _filters(scope, category)
    if period.first:
        filters.add(f"{column} >= :begins", begins=instant(period.first, scope.place.zone))
    if period.after:
        filters.add(f"{column} < :ends", ends=instant(period.after, scope.place.zone))
    if hourly and scope.every_hour is not None:
        day = RECEIVED_DAY if scope.time_basis == RECEIVED else ANSWERED_DAY
        busy = BUSY_DAYS.format(day=day, column=column)
        every = sorted(scope.every_hour)
        condition = f"(r.team_id = ANY(CAST(:every_hour AS integer[])) OR {busy})"
        filters.add(condition, every_hour=every, hour_from=HOUR_FROM)
    of_days(conditions, period)
    return _rows(scope, filters, conditions, answers=answers, category=category)


def undated_rows(scope: Scope, conditions: Conditions, *, answers: bool) -> str:
    """As `single_rows`, of the responses without a usable date, whenever they came."""
    filters = _filters(scope)
    filters.add(UNDATED_ONES)
    return _rows(scope, filters, conditions, answers=answers)


def _filters(scope: Scope, category: str = "") -> Conditions:
    filters = Conditions()
    for name in scope.filters.used:
        if name != category:
            value = getattr(scope.filters, name)
            looked_at = LOOKED_AT[name]
            one = isinstance(value, bool)
            filters.add(f"({looked_at}) = :{name}" if one else f"({looked_at}) = ANY(:{name})", **{name: _plain(value)})
    return filters


def _rows(scope: Scope, filters: Conditions, conditions: Conditions, *, answers: bool, category: str = "") -> str:
    received = scope.time_basis == RECEIVED
    conditions.values |= filters.values | {"zone": scope.place.zone.key}
    rows = ROWS.format(
        day=RECEIVED_DAY if received else ANSWERED_DAY,
        instant="r.received_at" if received else "r.answered_at",
        category=LOOKED_AT[category] if category else "NULL",
        filters=filters.sql,
    )
    return (ANSWERS if answers else PASSES).format(rows=rows)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
