"""Staff's audits, apart from what patients say: what was ticked by team and day, and how much was as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    SmallInteger,
    Subquery,
    and_,
    column,
    func,
    literal_column,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy.orm import Session

from protocol.record import OPTIONS_MAX
from server.database import on_keys
from server.fleet.tables import (
    EXCLUDED,
    POSITIVE,
    Questionnaire,
    QuestionnaireVersion,
    Team,
    VersionOption,
    VersionQuestion,
)
from server.improvement.team_tables import AuditEntry
from server.ingest.tables import UNDATED, RollupAuditDay
from server.measures.part import Part

OPTION_COLUMNS = [getattr(RollupAuditDay, f"n{option}") for option in range(1, OPTIONS_MAX + 1)]
# One line of a checklist on one day.
LINE = (
    RollupAuditDay.day,
    Team.code.label("team"),
    Questionnaire.code.label("questionnaire"),
    QuestionnaireVersion.version,
    RollupAuditDay.reference,
    RollupAuditDay.position,
    VersionQuestion.question_id,
)
COUNTS = (*OPTION_COLUMNS, RollupAuditDay.skipped, RollupAuditDay.timed_out)


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
    """What devices sent, of the days from the first (inclusive) to the last (exclusive); oldest first."""
    options = _options(session, organisation_id)
    rollup = RollupAuditDay
    query = (
        select(*LINE, *[func.sum(counted).label(counted.key) for counted in COUNTS])
        .join(Team, on_keys(Team, rollup, "team_id"))
        .join(VersionQuestion, on_keys(VersionQuestion, rollup, "reference", "position"))
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, rollup, "reference"))
        .join(Questionnaire, on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id"))
        .where(rollup.organisation_id == organisation_id, rollup.day >= from_day, rollup.day < to_day)
        .group_by(*LINE)
        .order_by(rollup.day, Team.code, Questionnaire.code, QuestionnaireVersion.version, rollup.position)
    )
    for row in session.execute(query).mappings():
        yield _line(row, options[row["reference"], row["position"]])


def audit_compliance(session: Session, organisation_id: int, team_id: int, questionnaire_id: int) -> dict[date, Part]:
    """{day: lines that were as they should be, out of those judged} of a team's checklist, from devices and the web.

    A line is judged where its option is not excluded ("not applicable"); a day with an audit is there in any case.
    """
    given = union_all(_from_devices(organisation_id, team_id), _from_the_web(organisation_id, team_id)).subquery(
        "given"
    )
    times = given.c.times
    sentiment = VersionOption.sentiment
    query = (
        select(
            given.c.day,
            func.coalesce(func.sum(times).filter(sentiment == POSITIVE), 0),
            func.coalesce(func.sum(times).filter(sentiment != EXCLUDED), 0),
        )
        .join(
            QuestionnaireVersion,
            and_(
                QuestionnaireVersion.organisation_id == organisation_id,
                QuestionnaireVersion.reference == given.c.reference,
                QuestionnaireVersion.questionnaire_id == questionnaire_id,
            ),
        )
        .join(VersionOption, _option_given(organisation_id, given))
        .where(times > 0)
        .group_by(given.c.day)
    )
    return {day: Part(int(good), int(judged)) for day, good, judged in session.execute(query)}


def _from_devices(organisation_id: int, team_id: int) -> Select[Any]:
    options = [(option, counted) for option, counted in enumerate(OPTION_COLUMNS, 1)]
    ticked = values(column("option", Integer), column("times", Integer), name="ticked").data(options).lateral()
    rollup = RollupAuditDay
    return (
        select(rollup.day.label("day"), rollup.reference, rollup.position, ticked.c.option, ticked.c.times)
        .join(ticked, true())
        .where(rollup.organisation_id == organisation_id, rollup.team_id == team_id, rollup.day != UNDATED)
    )


def _from_the_web(organisation_id: int, team_id: int) -> Select[Any]:
    """An entry's answers are an array: the option chosen in each line, from position 1 on; 0 where none was."""
    answer = (
        func.unnest(AuditEntry.answers)
        .table_valued(column("option", SmallInteger), with_ordinality="position")
        .render_derived(name="answer")
    )
    return (
        select(
            AuditEntry.audited_on,
            AuditEntry.reference,
            answer.c.position,
            answer.c.option,
            literal_column("1", Integer),
        )
        .join(answer, true())
        .where(AuditEntry.organisation_id == organisation_id, AuditEntry.team_id == team_id)
    )


def _option_given(organisation_id: int, given: Subquery) -> ColumnElement[bool]:
    return and_(
        VersionOption.organisation_id == organisation_id,
        VersionOption.reference == given.c.reference,
        VersionOption.position == given.c.position,
        VersionOption.option == given.c.option,
    )


def _line(row: RowMapping, codes: dict[int, str]) -> AuditLine:
    return AuditLine(
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
