"""What an imported row may name: teams, and what each version of each questionnaire asks."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from protocol.package import KIND_PATIENTS
from server.accounts.viewer import Teams
from server.database import on_keys
from server.fleet.tables import (
    Organisation,
    Question,
    Questionnaire,
    QuestionnaireVersion,
    Team,
    VersionOption,
    VersionQuestion,
)

RESPONDENT = "respondent"  # the word, or the topic, of the question that asks who answers


class AskedQuestion(NamedTuple):
    """`options`: the option's number by its code, in the order of the buttons."""

    position: int
    options: Mapping[str, int]


class AskedVersion(NamedTuple):
    """One published version of patients' questions, by the words of its definition.

    `respondent`: the word of the question that asks who answers, where there is one.
    """

    reference: int
    languages: list[str]
    questions: Mapping[str, AskedQuestion]
    respondent: str | None


class Facts(NamedTuple):
    """`teams`: number by code, of those that may be imported for. `questions`: every word of a question."""

    teams: Mapping[str, int]
    versions: Mapping[str, Mapping[int, AskedVersion]]
    audits: frozenset[str]
    questions: frozenset[str]


def read_facts(session: Session, organisation: Organisation, teams: Teams) -> Facts:
    """Of this organisation; `teams` are those that the importer may change, None for all."""
    here = organisation.organisation_id
    codes = select(Team.code, Team.team_id).where(Team.organisation_id == here).order_by(Team.code)
    if teams is not None:
        codes = codes.where(Team.team_id.in_(teams))
    questions = _questions(session, here)
    respondents = set(
        session.scalars(
            select(Question.question_id).where(
                Question.organisation_id == here,
                or_(Question.question_id == RESPONDENT, Question.topic == RESPONDENT),
            )
        )
    )
    versions: dict[str, dict[int, AskedVersion]] = {}
    audits: set[str] = set()
    for code, version, reference, kind, definition in session.execute(
        select(
            Questionnaire.code,
            QuestionnaireVersion.version,
            QuestionnaireVersion.reference,
            QuestionnaireVersion.kind,
            QuestionnaireVersion.definition,
        )
        .join(
            QuestionnaireVersion,
            on_keys(QuestionnaireVersion, Questionnaire, "questionnaire_id"),
        )
        .where(Questionnaire.organisation_id == here)
        .order_by(Questionnaire.code, QuestionnaireVersion.version)
    ):
        if kind != KIND_PATIENTS:
            audits.add(code)
            continue
        words = questions.get(reference, {})
        respondent = next((word for word in words if word in respondents), None)
        asked = AskedVersion(reference, definition.get("languages", []), words, respondent)
        versions.setdefault(code, {})[version] = asked
    every = frozenset(word for asked in questions.values() for word in asked)
    return Facts(dict(session.execute(codes).all()), versions, frozenset(audits), every)


def _questions(session: Session, organisation_id: int) -> dict[int, dict[str, AskedQuestion]]:
    """By reference and word."""
    query = (
        select(
            VersionQuestion.reference,
            VersionQuestion.question_id,
            VersionQuestion.position,
            VersionOption.code,
            VersionOption.option,
        )
        .join(
            VersionOption,
            on_keys(VersionOption, VersionQuestion, "reference", "position"),
        )
        .where(VersionQuestion.organisation_id == organisation_id)
        .order_by(VersionQuestion.reference, VersionQuestion.position, VersionOption.option)
    )
    found: dict[int, dict[str, dict[str, int]]] = {}
    positions: dict[tuple[int, str], int] = {}
    for reference, word, position, code, option in session.execute(query):
        found.setdefault(reference, {}).setdefault(word, {})[code] = option
        positions[reference, word] = position
    return {
        reference: {word: AskedQuestion(positions[reference, word], options) for word, options in asked.items()}
        for reference, asked in found.items()
    }
