"""Drafts of questionnaires: definitions that are still being written, checked as far as they go, published whole."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.database import Base
from server.errors import OperatorError
from server.fleet.definition import check_definition
from server.fleet.packages import build_package
from server.fleet.questionnaires import next_version, publish
from server.fleet.tables import Organisation, QuestionnaireVersion
from server.fleet.turns import take_turn

FIRST_REVISION = FIRST_VERSION = 1
ANY_REFERENCE = 1  # a package made only to see whether it fits


class QuestionnaireDraft(Base):
    """The definition that is being written, one for each questionnaire. `revision` rises with each change."""

    __tablename__ = "questionnaire_draft"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    definition: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class DraftChangedError(OperatorError):
    """Somebody else has changed the draft meanwhile."""


def drafts(session: Session, organisation: Organisation) -> list[QuestionnaireDraft]:
    """All, by code."""
    query = select(QuestionnaireDraft).where(QuestionnaireDraft.organisation_id == organisation.organisation_id)
    return list(session.scalars(query.order_by(QuestionnaireDraft.code)))


def find_draft(session: Session, organisation: Organisation, code: str) -> QuestionnaireDraft | None:
    """The draft of this code."""
    return session.get(QuestionnaireDraft, (organisation.organisation_id, code))


def write_draft(
    session: Session,
    organisation: Organisation,
    fields: dict[str, Any],
    by: str,
    now: datetime,
    revision: int | None = None,
) -> QuestionnaireDraft:
    """Keep a definition that devices could show, under its own code, as its next version.

    `revision`: the one that it was made from.

    Raises DefinitionError with every problem, and DraftChangedError where another revision is there by now.
    """
    definition = check_definition({**fields, "version": FIRST_VERSION})
    take_turn(session, organisation.organisation_id)
    fields = {**fields, "version": next_version(session, organisation, definition.code)}
    build_package(fields, ANY_REFERENCE)
    query = select(QuestionnaireDraft).where(
        QuestionnaireDraft.organisation_id == organisation.organisation_id,
        QuestionnaireDraft.code == definition.code,
    )
    found = session.scalar(query.with_for_update())
    if found is None:
        if revision is not None:
            raise DraftChangedError(
                f"there is no draft of {definition.code} any more: it was published or never there."
            )
        found = QuestionnaireDraft(
            organisation_id=organisation.organisation_id, code=definition.code, revision=FIRST_REVISION - 1
        )
        session.add(found)
    elif found.revision != revision:
        raise DraftChangedError(
            f"the draft of {definition.code} is at revision {found.revision} by now: read it and begin from that."
        )
    found.revision += 1
    found.definition, found.changed_at, found.changed_by = fields, now, by
    session.flush()
    return found


def publish_draft(
    session: Session, organisation: Organisation, draft: QuestionnaireDraft, now: datetime
) -> QuestionnaireVersion:
    """The draft as the questionnaire's next version; the draft is gone then."""
    fields = {**draft.definition, "version": next_version(session, organisation, draft.code)}
    version = publish(session, organisation, fields, now)
    session.delete(draft)
    session.flush()
    return version
