"""The counts behind a chart or a table: the rollups, summed by whatever it is drawn by, in one query."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    cast,
    column,
    func,
    or_,
    select,
    true,
    tuple_,
    values,
)
from sqlalchemy.orm import Session

from protocol.record import ANSWER_SKIPPED, ANSWER_TIMED_OUT, OPTIONS_MAX
from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.fleet.tables import EXCLUDED, NEGATIVE, NEUTRAL, POSITIVE, VersionOption, VersionQuestion
from server.ingest.tables import UNDATED, RollupDay, RollupResponseDay
from server.measures.positivity import Counts

Rollup = type[RollupDay | RollupResponseDay]
GroupBy = Callable[[Rollup], ColumnElement[Any]]

OPTION_COUNTS = (RollupDay.n1, RollupDay.n2, RollupDay.n3, RollupDay.n4, RollupDay.n5, RollupDay.n6)

# A device's day: whatever a rollup is drawn by is one and the same for all questions of it.
DEVICE_DAY = (RollupDay.device_id, RollupDay.team_id, RollupDay.reference, RollupDay.day, RollupDay.flagged)


class Tally(NamedTuple):
    """What was counted for one group: answers by sentiment, and the responses they were given in.

    `answering`: how many responses at least chose something positive, neutral or negative; the others weigh nothing.
    """

    counts: Counts = Counts()
    responses: int = 0
    answering: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        counts = self.counts.plus(other.counts)
        return Tally(counts, self.responses + other.responses, self.answering + other.answering)


def tallies(
    session: Session, scope: Scope, period: Period, group_by: GroupBy, *, undated: bool
) -> dict[tuple[Any, bool], Tally]:
    """The tally of each (group, flagged) that has one; with `undated`, also of answers without a usable date.

    `group_by` gives the column that a rollup is grouped by; it is never null.
    """
    narrowed = _Narrowed(scope, period, undated)
    answers = _answers(narrowed, group_by).subquery()
    passes = (_passes_of_questions if scope.questions else _passes)(narrowed, group_by).subquery()
    answering = _answering(narrowed, group_by).subquery()
    query = select(
        func.coalesce(answers.c.drawn_by, passes.c.drawn_by),
        func.coalesce(answers.c.flagged, passes.c.flagged),
        *(func.coalesce(answers.c[name], 0) for name in Counts._fields),
        func.coalesce(passes.c.responses, 0),
        func.coalesce(answering.c.answering, 0),
    ).select_from(
        answers.join(passes, _same(answers, passes), full=True).outerjoin(answering, _same(answers, answering))
    )
    return {(row[0], row[1]): Tally(Counts(*row[2:-2]), *row[-2:]) for row in session.execute(query)}


def _same(left: Subquery, right: Subquery) -> ColumnElement[bool]:
    return and_(left.c.drawn_by == right.c.drawn_by, left.c.flagged == right.c.flagged)


def _answers(narrowed: "_Narrowed", group_by: GroupBy) -> Select[*tuple[Any, ...]]:
    """Rows are summed question by question first; only then is each sum opened into one row per option, whose
    sentiment says what it counts as. (The other way round, ten times as many rows would be joined.)
    """
    sums = _sums_by_question(narrowed, group_by).subquery()
    options = [(option, sums.c[column_of.key]) for option, column_of in enumerate(OPTION_COUNTS, start=1)]
    options += [(ANSWER_SKIPPED, sums.c.skipped), (ANSWER_TIMED_OUT, sums.c.timed_out)]
    given = values(column("option", Integer), column("times", BigInteger), name="given").data(options).lateral()
    chosen, sentiment = given.c.option, VersionOption.sentiment
    means = {
        "positive": sentiment == POSITIVE,
        "neutral": sentiment == NEUTRAL,
        "negative": sentiment == NEGATIVE,
        # An option that no version describes is left out of the denominator, but never out of the counts.
        "excluded": and_(chosen <= OPTIONS_MAX, func.coalesce(sentiment, EXCLUDED) == EXCLUDED),
        "skipped": chosen == ANSWER_SKIPPED,
        "timed_out": chosen == ANSWER_TIMED_OUT,
    }
    option_of = and_(
        VersionOption.organisation_id == narrowed.scope.place.organisation_id,
        VersionOption.reference == sums.c.reference,
        VersionOption.position == sums.c.position,
        VersionOption.option == chosen,
    )
    return (
        select(
            sums.c.drawn_by,
            sums.c.flagged,
            # PostgreSQL's sum of bigint is numeric, which would reach the statistics as Decimal.
            *(
                cast(func.sum(given.c.times).filter(condition), BigInteger).label(name)
                for name, condition in means.items()
            ),
        )
        .select_from(sums)
        .join(given, true())
        .outerjoin(VersionOption, option_of)
        .group_by(sums.c.drawn_by, sums.c.flagged)
    )


def _sums_by_question(narrowed: "_Narrowed", group_by: GroupBy) -> Select[*tuple[Any, ...]]:
    drawn_by = group_by(RollupDay)
    counted = (*OPTION_COUNTS, RollupDay.skipped, RollupDay.timed_out)
    by = (RollupDay.flagged, RollupDay.reference, RollupDay.position)
    return (
        select(drawn_by.label("drawn_by"), *by, *(func.sum(each).label(each.key) for each in counted))
        .where(*narrowed.of(RollupDay), *narrowed.asked())
        .group_by(drawn_by, *by)
    )


def _passes(narrowed: "_Narrowed", group_by: GroupBy) -> Select[*tuple[Any, ...]]:
    """Responses, complete and partial."""
    drawn_by = group_by(RollupResponseDay)
    return (
        select(
            drawn_by.label("drawn_by"),
            RollupResponseDay.flagged,
            func.sum(RollupResponseDay.complete + RollupResponseDay.partial).label("responses"),
        )
        .where(*narrowed.of(RollupResponseDay))
        .group_by(drawn_by, RollupResponseDay.flagged)
    )


def _passes_of_questions(narrowed: "_Narrowed", group_by: GroupBy) -> Select[*tuple[Any, ...]]:
    """Responses that chose an option of the questions asked about: exact for one question; for several at
    least so many, for a device's day has as many responses as its most answered question has answers.
    """
    drawn_by = group_by(RollupDay)
    chosen = sum(OPTION_COUNTS[1:], start=OPTION_COUNTS[0])
    rows = (*narrowed.of(RollupDay), *narrowed.asked())
    if len(narrowed.scope.questions) == 1:  # no version asks a question twice
        responses = func.sum(chosen).label("responses")
        by = (drawn_by, RollupDay.flagged)
        return select(drawn_by.label("drawn_by"), RollupDay.flagged, responses).where(*rows).group_by(*by)
    most = (
        select(func.min(drawn_by).label("drawn_by"), RollupDay.flagged, func.max(chosen).label("chosen"))
        .where(*rows)
        .group_by(*DEVICE_DAY)
        .subquery()
    )
    return select(most.c.drawn_by, most.c.flagged, func.sum(most.c.chosen).label("responses")).group_by(
        most.c.drawn_by, most.c.flagged
    )


def _answering(narrowed: "_Narrowed", group_by: GroupBy) -> Select[*tuple[Any, ...]]:
    """Responses with an answer that is in the denominator: exact for one question; else at least as many on a device's
    day as its most answered question has such answers. Who only skipped, or could not say, must not make few look many.
    """
    drawn_by = group_by(RollupDay)
    counting = _counting_options(narrowed).subquery()
    given = sum(
        (column_of * counting.c[column_of.key] for column_of in OPTION_COUNTS[1:]),
        start=OPTION_COUNTS[0] * counting.c[OPTION_COUNTS[0].key],
    )
    at = and_(RollupDay.reference == counting.c.reference, RollupDay.position == counting.c.position)
    rows = (*narrowed.of(RollupDay), *narrowed.asked())
    if len(narrowed.scope.questions) == 1:
        answering = cast(func.sum(given), BigInteger).label("answering")
        by = (drawn_by, RollupDay.flagged)
        return (
            select(drawn_by.label("drawn_by"), RollupDay.flagged, answering)
            .join(counting, at)
            .where(*rows)
            .group_by(*by)
        )
    most = (
        select(func.min(drawn_by).label("drawn_by"), RollupDay.flagged, func.max(given).label("given"))
        .join(counting, at)
        .where(*rows)
        .group_by(*DEVICE_DAY)
        .subquery()
    )
    return select(
        most.c.drawn_by, most.c.flagged, cast(func.sum(most.c.given), BigInteger).label("answering")
    ).group_by(most.c.drawn_by, most.c.flagged)


def _counting_options(narrowed: "_Narrowed") -> Select[*tuple[Any, ...]]:
    """For each question of a version, n1 to n6: 1 where that option is in the denominator, else 0."""
    counts = VersionOption.sentiment != EXCLUDED
    return (
        select(
            VersionOption.reference,
            VersionOption.position,
            *(
                cast(func.bool_or(and_(counts, VersionOption.option == option)), Integer).label(column_of.key)
                for option, column_of in enumerate(OPTION_COUNTS, start=1)
            ),
        )
        .where(VersionOption.organisation_id == narrowed.scope.place.organisation_id)
        .group_by(VersionOption.reference, VersionOption.position)
    )


class _Narrowed(NamedTuple):
    """The conditions that a question about counts puts on the rollups."""

    scope: Scope
    period: Period
    undated: bool

    def of(self, rollup: Rollup) -> list[ColumnElement[bool]]:
        dated = [rollup.day != UNDATED]
        dated += [rollup.day >= self.period.first] if self.period.first else []
        dated += [rollup.day < self.period.after] if self.period.after else []
        day = or_(and_(*dated), rollup.day == UNDATED) if self.undated else and_(*dated)
        return [*self.scope.of(rollup), day]

    def asked(self) -> list[ColumnElement[bool]]:
        if not self.scope.questions:
            return []
        same = (VersionQuestion.organisation_id, VersionQuestion.reference, VersionQuestion.position)
        asked_at = select(*same).where(
            VersionQuestion.organisation_id == self.scope.place.organisation_id,
            VersionQuestion.question_id.in_(self.scope.questions),
        )
        return [tuple_(RollupDay.organisation_id, RollupDay.reference, RollupDay.position).in_(asked_at)]
