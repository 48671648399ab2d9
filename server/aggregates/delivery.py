"""How far the devices in use have delivered: one row of sums, for every answer carries it, of thousands maybe."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.aggregates.narrowing import of_scope
from server.aggregates.periods import Period, instant
from server.aggregates.scope import Scope
from server.fleet.tables import ACTIVE

# `placed`: where each device is at that instant; `t`: those of them within the scope, and those that left it since the
# period began, for answers of then may lie on them. `h`: its newest confirmed status. What it had announced has arrived
# mostly; only where it has not, an older status is looked for of which all has.
DELIVERY = """WITH placed AS (
        SELECT DISTINCT ON (p.device_id) p.organisation_id, p.device_id, p.team_id, p.from_at
        FROM placement p JOIN device d ON (d.organisation_id, d.device_id) = (p.organisation_id, p.device_id)
        WHERE p.organisation_id = :organisation AND d.state = :active
            AND p.from_at <= :at AND (p.to_at IS NULL OR p.to_at > :at)
        ORDER BY p.device_id, p.from_at DESC),
    here AS (SELECT t.*, CAST(NULL AS timestamptz) AS left_at FROM placed t WHERE {conditions}),
    gone AS (
        SELECT t.device_id, min(t.from_at) AS from_at, max(t.to_at) AS left_at FROM placement t
        WHERE {conditions} AND t.to_at <= :at AND t.from_at < CAST(:until AS timestamptz)
            AND t.to_at > CAST(:since AS timestamptz) GROUP BY t.device_id),
    t AS (
        SELECT * FROM here UNION ALL
        SELECT placed.organisation_id, device_id, placed.team_id, gone.from_at, gone.left_at
        FROM placed JOIN gone USING (device_id)
        WHERE device_id NOT IN (SELECT device_id FROM here)),
    in_use AS (
        SELECT t.left_at, h.received_at AS heard_at, coalesce(h.received_at, t.from_at) < :late_before AS late,
            greatest(h.last_sequence - coalesce(j.stored_through, 0), 0) AS waiting,
            coalesce(CASE WHEN h.last_sequence <= j.stored_through THEN h.received_at ELSE (
                SELECT c.received_at FROM connection c JOIN journal e
                    ON (e.organisation_id, e.device_id, e.journal_id) = (c.organisation_id, c.device_id, c.journal_id)
                WHERE (c.organisation_id, c.device_id) = (t.organisation_id, t.device_id)
                    AND c.confirmed_at IS NOT NULL AND c.last_sequence <= e.stored_through
                ORDER BY c.received_at DESC LIMIT 1) END, t.from_at) AS caught_up_at
        FROM t LEFT JOIN LATERAL (
            SELECT c.journal_id, c.received_at, c.last_sequence FROM connection c
            WHERE (c.organisation_id, c.device_id) = (t.organisation_id, t.device_id) AND c.confirmed_at IS NOT NULL
            ORDER BY c.received_at DESC LIMIT 1) AS h ON true
        LEFT JOIN journal j
            ON (j.organisation_id, j.device_id, j.journal_id) = (t.organisation_id, t.device_id, h.journal_id)),
    owing AS (SELECT * FROM in_use WHERE left_at IS NULL OR caught_up_at < left_at)
    SELECT min(caught_up_at) FILTER (WHERE NOT late), count(*) FILTER (WHERE late),
        count(*) FILTER (WHERE late AND heard_at IS NULL),
        coalesce(sum(waiting) FILTER (WHERE left_at IS NULL), 0) FROM owing"""
ALWAYS = Period(None, None)


class Delivery(NamedTuple):
    """`through`: what was answered until then is in custody, late devices left out; None: there are no others.

    `late`: devices that have long been silent; `never_heard`: those of them that never spoke; `waiting`: records that
    still lie on devices within the scope now, as these last said.
    """

    through: datetime | None
    late: int
    never_heard: int
    waiting: int


def delivery(session: Session, scope: Scope, at: datetime, late_before: datetime, period: Period = ALWAYS) -> Delivery:
    """Of the devices in use within the scope at the instant `at`, and of those that have left it since the period began
    and may still hold answers of their time there. Late are those not heard since `late_before`.
    """
    conditions = of_scope(scope, questions=False)
    since, until = (day and instant(day, scope.place.zone) for day in period)
    conditions.values |= {"active": ACTIVE, "at": at, "late_before": late_before}
    conditions.values |= {"since": since or "-infinity", "until": until or "infinity"}
    row = session.execute(text(DELIVERY.format(conditions=conditions.sql)), conditions.values).one()
    return Delivery(row[0], row[1], row[2], int(row[3]))
