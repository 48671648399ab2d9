"""Small numbers: what somebody from outside a team may be shown, so that no sum or difference reveals a small cell.

The theory. All that outsiders see are sums of published cells, and a cell is one (device, team, question) in one
whole week or one whole month, by the organisation's own calendar.

- A month is published when it is over and holds `published_from` counted answers, or nothing at all.
- A month is open for weeks when it is published or empty, and every week that touches it holds so many, or nothing at
  all. A week is published when every month that it touches is open: the weeks of a month are shown together or not.

A reader may add and subtract what is published. Take a small week. Where it has answers in a published month, another
week has some there too (else the month were as small), and no week that touches the month is shown: one answer more
in the one and one less in the other changes nothing that is published. A small month is in no sum at all: neither it
nor any week that touches it is shown. (Were its weeks judged alone, a large week across two months, less the other
month that only it touches, would be the small month.) How many answers are left out is told: that somebody answered
is no secret, what they answered is. docs/suppression.md says what remains.

Sources: Hampshire (fewer than 5: no breakdown), Picker (fewer than 10: no percentage), Press Ganey (30).
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from server.measures.positivity import CARE_BELOW, PUBLISH_FROM

WITHHELD_BELOW = 5  # counted answers: fewer are told to nobody outside the team (Hampshire)


class Thresholds(NamedTuple):
    """The three numbers that decide, in force for one organisation; printed wherever they left something out."""

    published_from: int = WITHHELD_BELOW
    percent_from: int = PUBLISH_FROM
    care_below: int = CARE_BELOW

    def raised_to(self, min_n: int) -> "Thresholds":
        """These, none below `min_n`: a reader may ask for more answers, never for fewer."""
        return Thresholds(*(max(threshold, min_n) for threshold in self))


DEFAULT_THRESHOLDS = Thresholds()


class Filled(NamedTuple):
    """What a cell holds. `counted`: positive, neutral and negative answers; `recorded`: all, the left-out ones too."""

    counted: int
    recorded: int

    def plus(self, other: "Filled") -> "Filled":
        """Both together."""
        return Filled(self.counted + other.counted, self.recorded + other.recorded)

    def publishable(self, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> bool:
        """Whether the cell could be shown by itself: it holds enough counted answers, or nobody answered at all."""
        return self.recorded == 0 or self.counted >= thresholds.published_from


NOTHING = Filled(0, 0)


class Published(NamedTuple):
    """What may be shown of one (device, team, question): first days of weeks (Mondays) and of months. A cell without
    answers is in neither: it is 0 and withheld from nobody.
    """

    weeks: frozenset[date]
    months: frozenset[date]


def months_touched(week: date) -> frozenset[date]:
    """The first days of the one or two months that the week from Monday `week` touches."""
    return frozenset({week.replace(day=1), (week + timedelta(days=6)).replace(day=1)})


def weeks_touching(month: date) -> tuple[date, ...]:
    """The Mondays of the four to six weeks that touch the month from its first day `month`."""
    first = month - timedelta(days=month.weekday())
    return tuple(
        first + timedelta(weeks=number)
        for number in range(6)
        if month in months_touched(first + timedelta(weeks=number))
    )


def published(
    weeks: Mapping[date, Filled],
    months: Mapping[date, Filled],
    today: date,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Published:
    """The weeks and months of one (device, team, question) that may be shown to somebody outside the team.

    `weeks` by Monday, `months` by first day: everything ever recorded; a cell that is missing is empty. `today`: what
    is not over by then is not shown, or a later small week would uncover what was noted before. Raises ValueError for
    a week that begins on no Monday or a month that begins on no first.
    """
    wrong = [day for day in weeks if day.weekday() != 0] + [day for day in months if day.day != 1]
    if wrong:
        raise ValueError(f"weeks begin on Mondays and months on the first, got {wrong[0]}")

    def is_open(month: date) -> bool:
        cells = [months.get(month, NOTHING), *(weeks.get(week, NOTHING) for week in weeks_touching(month))]
        return _is_over(month, today) and all(cell.publishable(thresholds) for cell in cells)

    return Published(
        frozenset(week for week, cell in weeks.items() if cell.recorded and all(map(is_open, months_touched(week)))),
        frozenset(
            month
            for month, cell in months.items()
            if cell.recorded and cell.publishable(thresholds) and _is_over(month, today)
        ),
    )


def _is_over(month: date, today: date) -> bool:
    return month < today.replace(day=1)


def filter_published(categories: Iterable[Filled], thresholds: Thresholds = DEFAULT_THRESHOLDS) -> bool:
    """Whether one month may be shown filtered: only when every category of that filter (say patient, family, carer)
    could be shown by itself, for whoever knows all but one and the total knows the last.
    """
    return all(filled.publishable(thresholds) for filled in categories)
