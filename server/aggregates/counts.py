"""The counts behind a chart or a table: answers by what they mean, and the responses they were given in."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.aggregates.dimensions import FLAGGED, Dimension, Kind
from server.aggregates.meanings import OPTIONS, Meanings
from server.aggregates.outside import WholeBucketsError, published_period, refuse_filters, withheld
from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.aggregates.single_responses import SpanTooLongError
from server.aggregates.sources import ANSWERS, Asked, Sums, sums
from server.measures.positivity import Counts

__all__ = ["NotOfQuestionsError", "Passes", "SpanTooLongError", "Tally", "WholeBucketsError", "passes", "tallies"]

Key = tuple[Any, ...]
Place = tuple[int, int]  # (reference, position)


class Tally(NamedTuple):
    """What was counted for one group: answers by sentiment, and the responses they were given in.

    `answering`: how many responses at least chose something positive, neutral or negative; the others weigh nothing.
    `withheld`: answers of any option that are left out of all the rest but `responses`, for who asks from outside.
    With a filter that number would itself be an answer: then it is None, and `responses` are those of what is shown.
    """

    counts: Counts = Counts()
    responses: int = 0
    answering: int = 0
    withheld: int | None = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.counts.plus(other.counts),
            self.responses + other.responses,
            self.answering + other.answering,
            None if self.withheld is None or other.withheld is None else self.withheld + other.withheld,
        )


class Passes(NamedTuple):
    """How many passes there were. `answering`: those with an answer that is in the denominator."""

    complete: int = 0
    partial: int = 0
    declined: int = 0
    answering: int = 0

    @property
    def responses(self) -> int:
        """Those in which somebody answered."""
        return self.complete + self.partial

    def plus(self, other: Iterable[int]) -> "Passes":
        """Both together."""
        return Passes(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))


def tallies(
    session: Session,
    scope: Scope,
    period: Period,
    by: Sequence[Dimension] = (),
    *,
    undated: bool | None = None,
) -> dict[Key, Tally]:
    """The tally of each key that has one; what stands in a key is said by its dimensions. `by` nothing: the key ().

    `undated`: whether answers without a usable date count too; unless said, where the period has no ends. Suspected
    misuse is left out unless the scope includes it or FLAGGED is among the dimensions.
    Raises WholeBucketsError, SpanTooLongError.
    """
    answers = read_answers(session, scope, period, by, undated=undated)
    filtered = scope.outside and scope.filters.used
    if filtered or scope.questions or any(each.of_answers for each in by):
        return {key: answers.tally(key) for key in answers.given}
    found = passes(session, scope, period, by, undated=undated)
    return {key: answers.tally(key, found.get(key, Passes())) for key in answers.given.keys() | found.keys()}


class NotOfQuestionsError(ValueError):
    """Passes are counted whole: which questions were answered in them, their counts do not say."""

    def __init__(self) -> None:
        super().__init__("cannot be told apart here: responses are counted whole. Ask without it.")


def passes(
    session: Session,
    scope: Scope,
    period: Period,
    by: Sequence[Dimension] = (),
    *,
    undated: bool | None = None,
) -> dict[Key, Passes]:
    """How many passes there were for each key; the same for everybody, for how many answered is no secret.

    By what tells answers of one response apart, nothing can be said. Raises as `tallies`, and NotOfQuestionsError; from
    outside also WholeBucketsError for a filter.
    """
    refuse_filters(scope)
    if scope.questions:
        raise NotOfQuestionsError
    assert not any(each.of_answers for each in by), "a pass belongs to no single question"
    asked = _asked(scope, period, by, undated=undated, answers=False)
    meanings = Meanings(session, scope, by)
    found: dict[Key, Passes] = {}
    for row in _wanted(sums(session, asked), asked):
        key = meanings.key(row, asked.by)
        found[key] = found.get(key, Passes()).plus(row.counts)
    return found


class Answers(NamedTuple):
    """By key and place in a questionnaire version, the counts of its options, of skips and time-outs.

    `hidden`: those among `given` that are not shown. `silent`: nor is how many they are.
    """

    meanings: Meanings
    given: dict[Key, dict[Place, list[int]]]
    hidden: dict[Key, dict[Place, list[int]]]
    silent: bool = False

    def shown(self, key: Key) -> dict[Place, list[int]]:
        """What remains."""
        given, hidden = self.given.get(key, {}), self.hidden.get(key)
        if not hidden:
            return given
        return {
            place: [all_ - less for all_, less in zip(counts, hidden.get(place, _NONE), strict=True)]
            for place, counts in given.items()
        }

    def without_a_trace(self) -> "Answers":
        """With nothing left of what is hidden, not even that it is there."""
        shown = {key: {place: counts for place, counts in self.shown(key).items() if any(counts)} for key in self.given}
        return self._replace(given={key: places for key, places in shown.items() if places}, hidden={})

    def withheld(self, key: Key, places: Iterable[Place] | None = None) -> int | None:
        """How many answers of any option are hidden, at all places or at these; None where that is not told."""
        if self.silent:
            return None
        chosen = {place: sum(counts[:OPTIONS]) for place, counts in self.hidden.get(key, {}).items()}
        return sum(chosen.get(place, 0) for place in (chosen if places is None else places))

    def tally(self, key: Key, found: Passes | None = None) -> Tally:
        """What is shown, in how many responses: known from their passes, or else at least so many. One version's
        question has one answer a response, and a response answers one version.
        """
        shown = self.shown(key)
        meant = {place: self.meanings.counts(place, counts) for place, counts in shown.items()}
        total = Counts(*map(sum, zip(*meant.values(), strict=True))) if meant else Counts()
        withheld_ = self.withheld(key)
        exact = found is not None and withheld_ == 0
        answering = found.answering if found and exact else _most({at: _counted(each) for at, each in meant.items()})
        given = self.given.get(key, {})
        responses = found.responses if found else _most({at: sum(each[:OPTIONS]) for at, each in given.items()})
        return Tally(total, responses, answering, withheld_)


def read_answers(
    session: Session, scope: Scope, period: Period, by: Sequence[Dimension], *, undated: bool | None = None
) -> Answers:
    """The answers behind tallies and distributions. Raises as `tallies`."""
    asked = _asked(scope, period, by, undated=undated, answers=True)
    meanings = Meanings(session, scope, by)
    found = Answers(meanings, {}, {}, silent=bool(scope.outside and scope.filters.used))
    _add(found.given, _wanted(sums(session, asked), asked), asked, meanings)
    if scope.outside:
        _add(found.hidden, _wanted(withheld(session, asked), asked), asked, meanings)
    return found.without_a_trace() if found.silent else found


def _add(grid: dict[Key, dict[Place, list[int]]], rows: Iterable[Sums], asked: Asked, meanings: Meanings) -> None:
    for row in rows:
        places = grid.setdefault(meanings.key(row, asked.by), {})
        counts = places.get((row.reference, row.position))
        if counts is None:
            places[row.reference, row.position] = [int(each) for each in row.counts]
        else:
            for number, more in enumerate(row.counts):
                counts[number] += int(more)


def _asked(scope: Scope, period: Period, by: Sequence[Dimension], *, undated: bool | None, answers: bool) -> Asked:
    granularity = next((each.granularity for each in by if each.kind is Kind.BUCKET), None)
    covered = published_period(scope, period, granularity)
    return Asked(scope, covered, tuple(by), period.unbounded if undated is None else undated, answers)


def _wanted(rows: Iterable[Sums], asked: Asked) -> Iterable[Sums]:
    if asked.scope.include_flagged or FLAGGED in asked.by:
        return rows
    return (row for row in rows if not row.flagged)


def _counted(counts: Counts) -> int:
    return counts.positive + counts.neutral + counts.negative


def _most(answers: dict[Place, int]) -> int:
    most: dict[int, int] = {}
    for (reference, _), times in answers.items():
        most[reference] = max(most.get(reference, 0), times)
    return sum(most.values())


_NONE = [0] * len(ANSWERS)
