"""Single responses, page by page, for those inside the teams; what could point at one person is left out."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from protocol.record import FLAG_ASSISTED, FLAG_PARTIAL, FLAG_TEST, KIND_RESPONSE
from server.accounts.viewer import Teams
from server.aggregates.periods import Period, instant
from server.aggregates.scope import RECEIVED, Scope
from server.aggregates.single_responses import HOUR_FROM
from server.database import on_keys
from server.fleet.tables import Question, QuestionnaireVersion, Service, Team, VersionOption, VersionQuestion
from server.ingest.tables import UNDATED, Response

Key = tuple[date, int, bytes, int]  # day, device, journal, sequence: the order of the list


class ListedResponse(NamedTuple):
    """One response as it is listed. `hour`: its instant rounded down to the hour, or None where it is not told."""

    key: Key
    team: str
    day: date | None
    hour: datetime | None
    reference: int
    partial: bool
    assisted: bool
    flagged: bool
    stage: int
    quality: int
    language: str | None
    answers: list[tuple[str, str | None]]  # question, and the option's code; None: skipped, or no press in time


def list_responses(
    session: Session, scope: Scope, period: Period, teams: Teams, hours: Teams, after: Key | None, limit: int
) -> list[ListedResponse]:
    """At most `limit` responses of these teams, from the one after `after` on, oldest day first; undated ones first of
    all. `hours`: the teams of which every hour is told, however few answered.
    """
    query = (
        select(Response, Team.code, _language().label("language"), _of_day().label("of_day"))
        .join(Team, on_keys(Team, Response, "team_id"))
        .join(Service, on_keys(Service, Team, "service_id"))
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, Response, "reference"))
        .where(*_conditions(scope, period, teams))
        .order_by(Response.day, Response.device_id, Response.journal_id, Response.sequence)
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            tuple_(Response.day, Response.device_id, Response.journal_id, Response.sequence) > tuple_(*after)
        )
    rows = session.execute(query).all()
    options = _options(session, scope, {row[0].reference for row in rows})
    return [_listed(*row, options, hours) for row in rows]


def _conditions(scope: Scope, period: Period, teams: Teams) -> Iterator[ColumnElement[bool]]:
    yield Response.organisation_id == scope.place.organisation_id
    yield Response.kind == KIND_RESPONSE
    yield Response.flags.op("&")(FLAG_TEST) == 0
    if teams is not None:
        yield Response.team_id.in_(teams)
    for column, keys in (
        (Response.team_id, scope.teams),
        (Team.service_id, scope.services),
        (Service.directorate_id, scope.directorates),
        (Response.device_id, scope.devices),
    ):
        if keys:
            yield column.in_(keys)
    yield from _filtered(scope)
    yield and_(True, *_within(scope, period))


def _within(scope: Scope, period: Period) -> Iterator[ColumnElement[bool]]:
    """By the time that the scope asks for: of their answers, or of their receipt, which undated ones have too."""
    received = scope.time_basis == RECEIVED
    if not received and period != Period(None, None):
        yield Response.day != UNDATED
    if period.first:
        begins = Response.received_at >= instant(period.first, scope.place.zone)
        yield begins if received else Response.day >= period.first
    if period.after:
        ends = Response.received_at < instant(period.after, scope.place.zone)
        yield ends if received else Response.day < period.after


def _filtered(scope: Scope) -> Iterator[ColumnElement[bool]]:
    filters = scope.filters
    if not scope.include_flagged:
        yield Response.flagged.is_(False)
    if filters.assisted is not None:
        yield (Response.flags.op("&")(FLAG_ASSISTED) != 0) == filters.assisted
    if filters.partial is not None:
        yield (Response.flags.op("&")(FLAG_PARTIAL) != 0) == filters.partial
    if filters.quality:
        yield Response.quality.in_(filters.quality)
    if filters.stage:
        yield Response.stage.in_(filters.stage)
    if filters.language:
        yield _language().in_(filters.language)
    asked = [("question", scope.questions)] if scope.questions else []
    if asked:
        yield _answered(VersionQuestion.question_id.in_(scope.questions))
    if filters.respondent:
        who = select(Question.question_id).where(
            Question.organisation_id == scope.place.organisation_id,
            or_(Question.question_id == "respondent", Question.topic == "respondent"),
        )
        yield _answered(VersionQuestion.question_id.in_(who), VersionOption.code.in_(filters.respondent))


def _answered(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """That the response holds an answer whose question and option are so."""
    return (
        select(1)
        .select_from(VersionQuestion)
        .outerjoin(
            VersionOption,
            and_(
                on_keys(VersionOption, VersionQuestion, "reference", "position"),
                VersionOption.option == Response.answers[VersionQuestion.position],
            ),
        )
        .where(
            VersionQuestion.organisation_id == Response.organisation_id,
            VersionQuestion.reference == Response.reference,
            Response.answers[VersionQuestion.position] != 0,
            *conditions,
        )
        .exists()
    )


def _language() -> ColumnElement[str | None]:
    code: ColumnElement[str | None] = QuestionnaireVersion.definition["languages"][Response.language].astext
    return code


def _of_day() -> ColumnElement[int]:
    """How many responses the team had on that day, whatever was asked for: no test, no suspected misuse (BUSY_DAYS)."""
    other = Response.__table__.alias("of_day")
    return (
        select(func.count())
        .select_from(other)
        .where(
            other.c.organisation_id == Response.organisation_id,
            other.c.team_id == Response.team_id,
            other.c.day == Response.day,
            other.c.kind == KIND_RESPONSE,
            other.c.flags.op("&")(FLAG_TEST) == 0,
            other.c.flagged.is_(False),
        )
        .scalar_subquery()
    )


def _listed(
    response: Response, team: str, language: str | None, of_day: int, options: "Options", hours: Teams
) -> ListedResponse:
    told = of_day >= HOUR_FROM or hours is None or response.team_id in hours
    at = response.answered_at if told else None
    return ListedResponse(
        key=(response.day, response.device_id, response.journal_id, response.sequence),
        team=team,
        day=None if response.day == UNDATED else response.day,
        hour=None if at is None else at.replace(minute=0, second=0, microsecond=0),
        reference=response.reference,
        partial=bool(response.flags & FLAG_PARTIAL),
        assisted=bool(response.flags & FLAG_ASSISTED),
        flagged=response.flagged,
        stage=response.stage,
        quality=response.quality,
        language=language,
        answers=[
            (question, options.codes.get((response.reference, position, answer)))
            for position, answer in enumerate(response.answers, start=1)
            if answer and (question := options.questions.get((response.reference, position)))
        ],
    )


class Options(NamedTuple):
    """What the numbers of these versions mean."""

    questions: dict[tuple[int, int], str]
    codes: dict[tuple[int, int, int], str]


def _options(session: Session, scope: Scope, references: Sequence[int] | set[int]) -> Options:
    here = scope.place.organisation_id
    asked = select(VersionQuestion.reference, VersionQuestion.position, VersionQuestion.question_id).where(
        VersionQuestion.organisation_id == here, VersionQuestion.reference.in_(references)
    )
    offered = select(VersionOption.reference, VersionOption.position, VersionOption.option, VersionOption.code).where(
        VersionOption.organisation_id == here, VersionOption.reference.in_(references)
    )
    return Options(
        {(reference, position): word for reference, position, word in session.execute(asked)},
        {(reference, position, option): code for reference, position, option, code in session.execute(offered)},
    )
