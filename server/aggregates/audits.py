"""Staff's audits, apart from all that patients say: how often each option was ticked, by team and day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from protocol.record import OPTIONS_MAX
from server.fleet.tables import Questionnaire, QuestionnaireVersion, Team, VersionOption, VersionQuestion
from server.ingest.tables import RollupAuditDay

OPTION_COLUMNS = [getattr(RollupAuditDay, f"n{option}") for option in range(1, OPTIONS_MAX + 1)]


@dataclass(frozen=True)
class AuditLine:
    """One line of a checklist on one day. `counts`: by option code, in the questionnaire's order."""

    day: date
    team: str
    questionnaire: str
    version: int
    question_id: str
    counts: dict[str, int]
    skipped: int
    timed_out: int


def audit_lines(session: Session, organisation_id: int, from_day: date, to_day: date) -> Iterator[AuditLine]:
    """Of the days from the first (inclusive) to the last (exclusive); oldest first."""
    options = _options(session, organisation_id)
    rollup = RollupAuditDay
    query = (
        select(
            rollup.day,
            Team.code.label("team"),
            Questionnaire.code.label("questionnaire"),
            QuestionnaireVersion.version,
            rollup.reference,
            rollup.position,
            VersionQuestion.question_id,
            func.sum(rollup.skipped).label("skipped"),
            func.sum(rollup.timed_out).label("timed_out"),
            *[func.sum(column).label(column.key) for column in OPTION_COLUMNS],
        )
        .join(Team, and_(Team.organisation_id == rollup.organisation_id, Team.team_id == rollup.team_id))
        .join(
            VersionQuestion,
            and_(
                VersionQuestion.organisation_id == rollup.organisation_id,
                VersionQuestion.reference == rollup.reference,
                VersionQuestion.position == rollup.position,
            ),
        )
        .join(
            QuestionnaireVersion,
            and_(
                QuestionnaireVersion.organisation_id == rollup.organisation_id,
                QuestionnaireVersion.reference == rollup.reference,
            ),
        )
        .join(
            Questionnaire,
            and_(
                Questionnaire.organisation_id == QuestionnaireVersion.organisation_id,
                Questionnaire.questionnaire_id == QuestionnaireVersion.questionnaire_id,
            ),
        )
        .where(rollup.organisation_id == organisation_id, rollup.day >= from_day, rollup.day < to_day)
        .group_by(
            rollup.day,
            Team.code,
            Questionnaire.code,
            QuestionnaireVersion.version,
            rollup.reference,
            rollup.position,
            VersionQuestion.question_id,
        )
        .order_by(rollup.day, Team.code, Questionnaire.code, QuestionnaireVersion.version, rollup.position)
    )
    for row in session.execute(query).mappings():
        codes = options[row["reference"], row["position"]]
        yield AuditLine(
            row["day"],
            row["team"],
            row["questionnaire"],
            row["version"],
            row["question_id"],
            {code: int(row[f"n{option}"]) for option, code in codes.items()},
            int(row["skipped"]),
            int(row["timed_out"]),
        )


def _options(session: Session, organisation_id: int) -> dict[tuple[int, int], dict[int, str]]:
    """{(reference, position): {option: code}}."""
    options: dict[tuple[int, int], dict[int, str]] = {}
    query = (
        select(VersionOption.reference, VersionOption.position, VersionOption.option, VersionOption.code)
        .where(VersionOption.organisation_id == organisation_id)
        .order_by(VersionOption.reference, VersionOption.position, VersionOption.option)
    )
    for reference, position, option, code in session.execute(query):
        options.setdefault((reference, position), {})[option] = code
    return options
