"""Checklists for staff as people know them: their names, and the words of their lines' options."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.package import KIND_AUDIT
from server.database import on_keys
from server.fleet.tables import Question, Questionnaire, QuestionnaireVersion, VersionOption, VersionQuestion
from server.improvement.audits import newest_version
from server.improvement.team_tables import AuditSchedule


class Line(NamedTuple):
    """One line of a checklist. `options`: (code, label) of each."""

    question: str
    text: str
    options: list[tuple[str, str]]


def checklist_names(session: Session, organisation_id: int) -> dict[str, str]:
    """{code: name} of every checklist that is published, by name."""
    query = (
        select(Questionnaire.code, Questionnaire.name)
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, Questionnaire, "questionnaire_id"))
        .where(Questionnaire.organisation_id == organisation_id, QuestionnaireVersion.kind == KIND_AUDIT)
        .order_by(Questionnaire.name)
        .distinct()
    )
    return dict(session.execute(query).all())


def checklist_lines(session: Session, schedule: AuditSchedule) -> list[Line]:
    """The lines of the newest version, in order, with its options in the words that staff read."""
    query = (
        select(Question.question_id, Question.text, VersionOption.code, VersionOption.label)
        .join(VersionQuestion, on_keys(VersionQuestion, Question, "question_id"))
        .join(VersionOption, on_keys(VersionOption, VersionQuestion, "reference", "position"))
        .where(
            VersionQuestion.organisation_id == schedule.organisation_id,
            VersionQuestion.reference == newest_version(session, schedule),
        )
        .order_by(VersionQuestion.position, VersionOption.option)
    )
    found: dict[str, Line] = {}
    for question, text, code, label in session.execute(query):
        found.setdefault(question, Line(question, text, [])).options.append((code, label))
    return list(found.values())
