"""How often each option of a question was chosen: the options of its versions put together by their codes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.counts import Answers, Key, read_answers
from server.aggregates.dimensions import VERSION_QUESTION, Dimension
from server.aggregates.meanings import OPTIONS
from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.database import on_keys
from server.fleet.tables import Question, VersionOption, VersionQuestion

Place = tuple[int, int]


@dataclass(frozen=True)
class OptionCount:
    """One option, and how often it was chosen."""

    code: str
    label: str
    sentiment: str
    count: int


class Distribution(NamedTuple):
    """Of one question; its options in the order of the newest version, those that only older ones have after them.

    `withheld`: answers of any option that are left out, for who asks from outside; None: not told.
    """

    question_id: str
    text: str
    options: list[OptionCount]
    skipped: int
    timed_out: int
    withheld: int | None


class _Asks(NamedTuple):
    question_id: str
    text: str
    options: dict[int, tuple[str, str, str]]  # option: code, label, sentiment


def option_counts(
    session: Session,
    scope: Scope,
    period: Period,
    by: Sequence[Dimension] = (),
    *,
    undated: bool | None = None,
) -> dict[Key, list[Distribution]]:
    """For each key, the distributions of the questions that were answered, in order of their words.

    Raises as counts.tallies.
    """
    answers = read_answers(session, scope, period, (*by, VERSION_QUESTION), undated=undated)
    asks = _asks(session, scope)
    places: dict[Key, dict[str, list[Place]]] = {}
    for *key, place in answers.given:
        places.setdefault(tuple(key), {}).setdefault(asks[place].question_id, []).append(place)
    return {
        key: [_distribution(answers, asks, key, sorted(questions[word], reverse=True)) for word in sorted(questions)]
        for key, questions in places.items()
    }


def _distribution(answers: Answers, asks: dict[Place, _Asks], key: Key, places: list[Place]) -> Distribution:
    """`places`: of one question, the newest version first: references are given out in order and never again."""
    options: dict[str, OptionCount] = {}
    skipped = timed_out = 0
    withheld: int | None = 0
    for place in places:
        at = (*key, place)
        counts = answers.shown(at)[place]
        for option, (code, label, sentiment) in asks[place].options.items():
            before = options.get(code, OptionCount(code, label, sentiment, 0))
            options[code] = replace(before, count=before.count + counts[option - 1])
        skipped, timed_out = skipped + counts[OPTIONS], timed_out + counts[OPTIONS + 1]
        here = answers.withheld(at)
        withheld = None if withheld is None or here is None else withheld + here
    first = asks[places[0]]
    return Distribution(first.question_id, first.text, list(options.values()), skipped, timed_out, withheld)


def _asks(session: Session, scope: Scope) -> dict[Place, _Asks]:
    here = scope.place.organisation_id
    questions = select(VersionQuestion.reference, VersionQuestion.position, Question.question_id, Question.text).join(
        Question, on_keys(Question, VersionQuestion, "question_id")
    )
    found = {
        (row.reference, row.position): _Asks(row.question_id, row.text, {})
        for row in session.execute(questions.where(Question.organisation_id == here))
    }
    options = select(VersionOption).where(VersionOption.organisation_id == here)
    ordered = options.order_by(VersionOption.reference, VersionOption.position, VersionOption.option)
    for option in session.scalars(ordered):
        found[option.reference, option.position].options[option.option] = (option.code, option.label, option.sentiment)
    return found
