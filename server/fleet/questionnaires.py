"""Publishing: a definition becomes an immutable questionnaire version and the package that devices fetch."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet import tables
from server.fleet.definition import Definition, Question, check_definition
from server.fleet.packages import build_package, read_definition
from server.fleet.tables import (
    Organisation,
    Questionnaire,
    QuestionnaireVersion,
    VersionOption,
    VersionQuestion,
)


def publish_file(
    session: Session, organisation: Organisation, path: Path, published_at: datetime
) -> QuestionnaireVersion:
    """As `publish`, from a definition's TOML file."""
    return publish(session, organisation, read_definition(path), published_at)


def publish(
    session: Session, organisation: Organisation, fields: dict[str, Any], published_at: datetime
) -> QuestionnaireVersion:
    """A definition's fields as a new version. Raises OperatorError where a device could not show it."""
    definition = check_definition(fields)
    _lock(session, organisation)
    questionnaire = _questionnaire(session, organisation, definition)
    reference = _next_reference(session, organisation)
    package = build_package(fields, reference)
    version = QuestionnaireVersion(
        organisation_id=organisation.organisation_id,
        reference=reference,
        questionnaire_id=questionnaire.questionnaire_id,
        version=definition.version,
        published_at=published_at,
        definition=fields,
        package=package,
        package_sha256=sha256(package).digest(),
        kind=definition.kind,
    )
    session.add(version)
    session.flush()
    for position, question in enumerate(definition.questions, 1):
        _keep_question(session, organisation, question, question.text[definition.languages[0]])
        _add_to_version(session, version, position, question, definition.languages[0])
    session.flush()
    return version


def _lock(session: Session, organisation: Organisation) -> None:
    # One publication at a time in an organisation, so that a reference is given out once.
    session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation.organisation_id)
        .with_for_update(key_share=True)
    )


def _questionnaire(session: Session, organisation: Organisation, definition: Definition) -> Questionnaire:
    found = session.scalar(
        select(Questionnaire).where(
            Questionnaire.organisation_id == organisation.organisation_id,
            Questionnaire.code == definition.code,
        )
    )
    if found is None:
        found = Questionnaire(organisation_id=organisation.organisation_id, code=definition.code)
        session.add(found)
    found.name = definition.name
    session.flush()
    last = session.scalar(
        select(func.max(QuestionnaireVersion.version)).where(
            QuestionnaireVersion.organisation_id == organisation.organisation_id,
            QuestionnaireVersion.questionnaire_id == found.questionnaire_id,
        )
    )
    if last is not None and definition.version <= last:
        raise OperatorError(
            f"version {last} of {definition.code} is published, and a published version never changes: "
            f"write version = {last + 1}."
        )
    return found


def _next_reference(session: Session, organisation: Organisation) -> int:
    highest = session.scalar(
        select(func.max(QuestionnaireVersion.reference)).where(
            QuestionnaireVersion.organisation_id == organisation.organisation_id
        )
    )
    reference = (highest or 0) + 1
    if reference > tables.REFERENCE_MAX:
        raise OperatorError(f"{highest} versions are published here, and a device's record can name no more.")
    return reference


def _keep_question(session: Session, organisation: Organisation, question: Question, text: str) -> None:
    known = session.get(tables.Question, (organisation.organisation_id, question.question_id))
    if known is None:
        known = tables.Question(
            organisation_id=organisation.organisation_id, question_id=question.question_id, text=text
        )
        session.add(known)
    elif known.text != text:
        raise OperatorError(
            f'question {question.question_id} was published as "{known.text}". Other words make another '
            "question, whose answers must not be compared with these: give it another question_id."
        )
    known.topic, known.objective = question.topic, question.objective
    session.flush()


def _add_to_version(
    session: Session, version: QuestionnaireVersion, position: int, question: Question, language: str
) -> None:
    key = {"organisation_id": version.organisation_id, "reference": version.reference, "position": position}
    session.add(VersionQuestion(**key, question_id=question.question_id, kind=question.kind))
    session.flush()
    session.add_all(
        VersionOption(**key, option=number, code=option.code, label=option.label[language], sentiment=option.sentiment)
        for number, option in enumerate(question.options, 1)
    )
