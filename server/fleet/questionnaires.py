"""Publishing: a definition becomes an immutable questionnaire version and the package that devices fetch."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, defer

from protocol.package import KIND_AUDIT
from server.database import on_keys
from server.errors import OperatorError
from server.fleet import tables
from server.fleet.definition import Definition, Question, check_definition
from server.fleet.packages import build_package, read_definition
from server.fleet.subjects import check_topics, core_questions, objective_of
from server.fleet.tables import (
    Organisation,
    Questionnaire,
    QuestionnaireVersion,
    VersionOption,
    VersionQuestion,
)
from server.fleet.turns import take_turn


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
    take_turn(session, organisation.organisation_id)  # so that a reference is given out once
    check_topics(session, organisation, [(question.question_id, question.topic) for question in definition.questions])
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


def published(session: Session, organisation: Organisation) -> list[tuple[str, str, str, list[int]]]:
    """(code, name, kind of the newest, numbers of all versions) of each questionnaire, by code."""
    newest_last = func.array_agg(aggregate_order_by(QuestionnaireVersion.kind, QuestionnaireVersion.version))
    numbers = func.array_agg(aggregate_order_by(QuestionnaireVersion.version, QuestionnaireVersion.version))
    query = (
        select(Questionnaire.code, Questionnaire.name, newest_last, numbers)
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, Questionnaire, "questionnaire_id"))
        .where(Questionnaire.organisation_id == organisation.organisation_id)
        .group_by(Questionnaire.code, Questionnaire.name)
        .order_by(Questionnaire.code)
    )
    return [(code, name, kinds[-1], list(versions)) for code, name, kinds, versions in session.execute(query)]


class VersionRow(NamedTuple):
    """A published version without its package. `unchecked`: translations that nobody has checked yet."""

    code: str
    version: int
    reference: int
    name: str
    kind: str
    published_at: datetime
    languages: list[str]
    unchecked: list[str]
    package_sha256: bytes
    package_bytes: int

    @classmethod
    def of(cls, version: QuestionnaireVersion, package_bytes: int | None = None) -> "VersionRow":
        """What is listed of a version; its package is not looked at where its length is given."""
        said = version.definition
        languages = list(said.get("languages", []))
        checked = said.get("checked_by", {})
        return cls(
            said.get("code", ""),
            version.version,
            version.reference,
            said.get("name", ""),
            version.kind,
            version.published_at,
            languages,
            [language for language in languages[1:] if not str(checked.get(language, "")).strip()],
            version.package_sha256,
            len(version.package) if package_bytes is None else package_bytes,
        )


def published_versions(session: Session, organisation: Organisation) -> list[VersionRow]:
    """All versions of all questionnaires, by code and version."""
    query = (
        select(QuestionnaireVersion, func.octet_length(QuestionnaireVersion.package), Questionnaire.code)
        .join(Questionnaire, on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id"))
        .where(QuestionnaireVersion.organisation_id == organisation.organisation_id)
        .options(defer(QuestionnaireVersion.package))
        .order_by(Questionnaire.code, QuestionnaireVersion.version)
    )
    return [VersionRow.of(version, length)._replace(code=code) for version, length, code in session.execute(query)]


def next_version(session: Session, organisation: Organisation, code: str) -> int:
    """The number after the last that was published."""
    query = (
        select(func.max(QuestionnaireVersion.version))
        .join(Questionnaire, on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id"))
        .where(Questionnaire.organisation_id == organisation.organisation_id, Questionnaire.code == code)
    )
    return (session.scalar(query) or 0) + 1


def lacking_core(session: Session, organisation: Organisation, definition: Definition) -> list[str]:
    """The core questions that a questionnaire for patients does not ask: its devices could not be compared by them."""
    if definition.kind == KIND_AUDIT:
        return []
    asked = {question.question_id for question in definition.questions}
    return sorted(core_questions(session, organisation) - asked)


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
            organisation_id=organisation.organisation_id, question_id=question.question_id, text=text, core=False
        )
        session.add(known)
    elif known.text != text:
        raise OperatorError(
            f'question {question.question_id} was published as "{known.text}". Other words make another '
            "question, whose answers must not be compared with these: give it another question_id."
        )
    known.topic = question.topic
    known.objective = objective_of(session, organisation, question.objective)
    if question.core is not None:
        known.core = question.core
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
