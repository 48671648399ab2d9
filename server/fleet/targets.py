"""Targets: the positivity to be reached, for whom, from when, and who set it."""

from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.tables import Organisation, Target
from server.fleet.turns import take_turn


def set_target(
    session: Session,
    organisation: Organisation,
    value: Decimal,
    scope: tuple[str, int | None],
    from_date: date,
    set_by: str,
) -> Target:
    """A target from its date on, as a proportion (0.85 for 85 %). The one that held until then ends there.

    `scope` is (SCOPE_..., number) of a service, team or device, or (SCOPE_ORGANISATION, None).
    """
    if not 0 < value <= 1:
        raise OperatorError(f"a target is above 0 and at most 1 (0.85 means 85 %), not {value}.")
    take_turn(session, organisation.organisation_id)
    for other in session.scalars(
        select(Target).where(
            Target.organisation_id == organisation.organisation_id,
            Target.scope_kind == scope[0],
            Target.scope_id.is_not_distinct_from(scope[1]),
            or_(Target.to_date.is_(None), Target.to_date > from_date),
        )
    ):
        if other.from_date >= from_date:
            raise OperatorError(f"a target from {other.from_date} on is set for the same already: begin later.")
        other.to_date = from_date
    target = Target(
        organisation_id=organisation.organisation_id,
        value=value,
        scope_kind=scope[0],
        scope_id=scope[1],
        from_date=from_date,
        set_by=set_by,
    )
    session.add(target)
    session.flush()
    return target


def all_targets(session: Session, organisation: Organisation) -> list[Target]:
    """Past, present and future, in the order in which they were set."""
    query = select(Target).where(Target.organisation_id == organisation.organisation_id)
    return list(session.scalars(query.order_by(Target.target_id)))
