"""The texts for patients that anybody may read: of one service, approved, in their time, without who or how many."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from server.fleet.rollout_tables import TextItem
from server.fleet.tables import SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, Organisation, Service, Team


class PublishedText(NamedTuple):
    """`words` by language. `from_at`: since when patients may read it."""

    words: dict[str, str]
    from_at: datetime


class Published(NamedTuple):
    """What a service has to say to patients."""

    organisation: Organisation
    service: Service
    texts: list[PublishedText]


def published(session: Session, code: str, organisation_id: int | None, now: datetime) -> list[Published]:
    """Of each service of this code: one, unless several organisations have it. Newest text first.

    Texts of the whole organisation and of the service's teams are among them; those of one device are not.
    """
    query = (
        select(Service, Organisation)
        .join(Organisation, Organisation.organisation_id == Service.organisation_id)
        .where(Service.code == code)
        .order_by(Service.organisation_id)
    )
    if organisation_id is not None:
        query = query.where(Service.organisation_id == organisation_id)
    return [Published(row[1], row[0], _texts(session, row[0], now)) for row in session.execute(query).all()]


def _texts(session: Session, service: Service, now: datetime) -> list[PublishedText]:
    here = service.organisation_id
    teams = select(Team.team_id).where(Team.organisation_id == here, Team.service_id == service.service_id)
    query = (
        select(TextItem.translations, TextItem.from_at)
        .where(
            TextItem.organisation_id == here,
            TextItem.approved_at.is_not(None),
            TextItem.from_at <= now,
            or_(TextItem.to_at.is_(None), TextItem.to_at > now),
            or_(
                TextItem.scope_kind == SCOPE_ORGANISATION,
                and_(TextItem.scope_kind == SCOPE_SERVICE, TextItem.scope_id == service.service_id),
                and_(TextItem.scope_kind == SCOPE_TEAM, TextItem.scope_id.in_(teams)),
            ),
        )
        .order_by(TextItem.from_at.desc(), TextItem.text_id.desc())
    )
    return [PublishedText(*row) for row in session.execute(query)]
