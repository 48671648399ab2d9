"""A question about figures made ready to be answered: its names, period and filters found, for this viewer."""

from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.periods import ALL, Period, named_period
from server.aggregates.scope import Filters, Names, Place, Scope, UnknownNameError, find_place, find_scope
from server.aggregates.subjects import find_stages, questions_about
from server.api.problems import Problem, ProblemError, in_query, unknown_name, wrong_fields
from server.api.query import QUALITIES, FiguresQuery, wrong
from server.measures.suppression import DEFAULT_THRESHOLDS, Thresholds

Query = TypeVar("Query", bound=FiguresQuery)


class Asked(NamedTuple, Generic[Query]):
    """A question ready to be answered."""

    query: Query
    viewer: Viewer
    scope: Scope
    period: Period
    now: datetime
    today: date
    thresholds: Thresholds

    @property
    def place(self) -> Place:
        """The organisation."""
        return self.scope.place


def resolve(session: Session, query: Query, viewer: Viewer, now: datetime) -> Asked[Query]:
    """The scope and period asked about, as this viewer sees them at the instant `now`. Raises ProblemError."""
    place = resolve_place(session, viewer, query.organisation)
    if query.tz not in (None, place.zone.key):
        kept = "Counts are kept by the organisation's local days: no other zone can be answered from them."
        raise wrong("tz", f"is not {place.zone.key}. {kept}")
    today = now.astimezone(place.zone).date()
    try:
        questions = _questions(session, place, query)
        names = Names(
            query.service,
            query.team,
            query.device,
            questions,
            directorates=query.directorate,
            filters=_filters(session, place, query),
            include_flagged=query.include_flagged,
            time_basis=query.time_basis.value,
        )
        scope = find_scope(session, place, names, viewer, today, query.min_n)
    except UnknownNameError as error:
        raise ProblemError(_unknown(error)) from None
    return Asked(query, viewer, scope, _period(query, today), now, today, DEFAULT_THRESHOLDS.raised_to(query.min_n))


def refuse_what_is_to_come(asked: Asked[Query]) -> None:
    """Nothing would look like nobody's answers. Raises ProblemError to who asks from outside for what is not over."""
    first, told = asked.period.first, asked.scope.horizon if asked.scope.outside else None
    if first is not None and told is not None and first >= told:
        detail = f"is not told from outside a team yet: figures end with the last whole month, before {told}."
        raise ProblemError(wrong_fields(in_query("period" if asked.query.period else "from", detail)))


def resolve_place(session: Session, viewer: Viewer, organisation: int | None) -> Place:
    """The viewer's organisation; that another one is there is not told. Raises ProblemError."""
    if organisation is not None and organisation != viewer.organisation_id:
        raise ProblemError(_unknown(UnknownNameError("organisation", str(organisation))))
    try:
        return find_place(session, viewer.organisation_id)
    except UnknownNameError as error:
        raise ProblemError(_unknown(error)) from None


def _questions(session: Session, place: Place, query: FiguresQuery) -> list[str]:
    """The questions named, of the topics and objectives named."""
    about = questions_about(session, place, query.topic, query.objective)
    if about is None:
        return query.question
    asked = sorted(about.intersection(query.question) if query.question else about)
    if not asked:
        parameter = "topic" if query.topic else "objective"
        raise wrong(parameter, "leaves no question: none is about all that was named.")
    return asked


def _filters(session: Session, place: Place, query: FiguresQuery) -> Filters:
    return Filters(
        language=tuple(query.language),
        respondent=tuple(query.respondent),
        assisted=query.assisted,
        partial=query.partial,
        quality=tuple(QUALITIES[each] for each in query.quality),
        stage=find_stages(session, place, query.stage),
    )


def _unknown(error: UnknownNameError) -> Problem:
    return unknown_name(in_query(error.parameter, f"{error} Ask /api/v1/meta for what there is."))


def _period(query: FiguresQuery, today: date) -> Period:
    if query.from_ is None and query.to is None:
        period = named_period(query.period or ALL, today)
        if period is None:
            raise wrong("period", f"{query.period!r} is no period.")
        return period
    if query.period is not None:
        raise wrong("period", "cannot be combined with from or to.")
    if query.from_ and query.to and query.from_ >= query.to:
        raise wrong("to", "is not after from.")
    return Period(query.from_, query.to)
