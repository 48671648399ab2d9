"""How far the devices in use have delivered: one row of sums, for every answer carries it, of thousands maybe."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.aggregates.narrowing import of_scope
from server.aggregates.scope import Scope
from server.fleet.tables import ACTIVE

# `t`: where each device is placed at that instant; `h`: its newest confirmed status. What it had announced has arrived
# mostly; only where it has not, an older status is looked for of which all has.
DELIVERY = """WITH t AS (
        SELECT DISTINCT ON (p.device_id) p.organisation_id, p.device_id, p.team_id, p.from_at
        FROM placement p JOIN device d ON (d.organisation_id, d.device_id) = (p.organisation_id, p.device_id)
        WHERE p.organisation_id = :organisation AND d.state = :active
            AND p.from_at <= :at AND (p.to_at IS NULL OR p.to_at > :at)
        ORDER BY p.device_id, p.from_at DESC),
    in_use AS (
        SELECT h.received_at AS heard_at, coalesce(h.received_at, t.from_at) < :late_before AS late,
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
            ON (j.organisation_id, j.device_id, j.journal_id) = (t.organisation_id, t.device_id, h.journal_id)
        WHERE {conditions})
    SELECT min(caught_up_at) FILTER (WHERE NOT late), count(*) FILTER (WHERE late),
        count(*) FILTER (WHERE late AND heard_at IS NULL), coalesce(sum(waiting), 0) FROM in_use"""


class Delivery(NamedTuple):
    """`through`: what was answered until then is in custody, late devices left out; None: there are no others.

    `late`: devices that have long been silent; `never_heard`: those of them that never spoke; `waiting`: records that
    still lie on devices, as these last said.
    """

    through: datetime | None
    late: int
    never_heard: int
    waiting: int


def delivery(session: Session, scope: Scope, at: datetime, late_before: datetime) -> Delivery:
    """Of the devices in use within the scope at the instant `at`; late are those not heard since `late_before`."""
    conditions = of_scope(scope, questions=False)
    conditions.values |= {"active": ACTIVE, "at": at, "late_before": late_before}
    row = session.execute(text(DELIVERY.format(conditions=conditions.sql)), conditions.values).one()
    return Delivery(row[0], row[1], row[2], int(row[3]))
