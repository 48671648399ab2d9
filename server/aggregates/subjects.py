"""What questions are about, and what they serve: topics and objectives, as sets of questions."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protocol.package import KIND_PATIENTS
from server.aggregates.scope import Place, UnknownNameError
from server.database import on_keys
from server.fleet.subject_tables import Objective, Topic
from server.fleet.subjects import stage_names
from server.fleet.tables import Question, QuestionnaireVersion, VersionQuestion


def questions_about(
    session: Session, place: Place, topics: Sequence[str], objectives: Sequence[str]
) -> frozenset[str] | None:
    """The questions of any of these topics that serve any of these objectives; None where neither narrows.

    Raises UnknownNameError for a topic or an objective that is not in this organisation.
    """
    _check(session, place, "topic", Topic.topic, topics)
    _check(session, place, "objective", Objective.objective, objectives)
    if not topics and not objectives:
        return None
    query = select(Question.question_id).where(Question.organisation_id == place.organisation_id)
    if topics:
        query = query.where(Question.topic.in_(topics))
    if objectives:
        query = query.where(Question.objective.in_(objectives))
    return frozenset(session.scalars(query))


def patients_question() -> ColumnElement[bool]:
    """The condition on a question that checklists of audits are not alone in asking; nothing may ask it yet."""
    asked = (
        select(1)
        .select_from(VersionQuestion)
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, VersionQuestion, "reference"))
        .where(on_keys(VersionQuestion, Question, "question_id"))
    )
    of_patients = asked.where(QuestionnaireVersion.kind == KIND_PATIENTS)
    return or_(~asked.exists(), of_patients.exists())


def find_stages(session: Session, place: Place, asked: Sequence[str]) -> tuple[int, ...]:
    """The stages of these numbers or names; of a name neither capitals nor spaces or hyphens between words matter.

    Raises UnknownNameError, which names those there are.
    """
    named = [each for each in asked if not each.isdecimal()]
    names = stage_names(session, place.organisation_id) if named else {}
    numbers = {_plain(name): number for number, name in names.items()}
    for name in named:
        if _plain(name) not in numbers:
            raise UnknownNameError("stage", name, list(names.values()) or ["none yet: stages are settings of devices"])
    found = (int(each) if each.isdecimal() else numbers[_plain(each)] for each in asked)
    return tuple(dict.fromkeys(found))


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").split())


def _check(
    session: Session, place: Place, parameter: str, column: InstrumentedAttribute[str], words: Sequence[str]
) -> None:
    if not words:
        return
    here = column.class_.organisation_id == place.organisation_id
    known = set(session.scalars(select(column).where(here, column.in_(words))))
    for word in words:
        if word not in known:
            raise UnknownNameError(parameter, word)
