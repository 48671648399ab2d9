"""The figures of a month as they are submitted: per service grouping, with the test's own definition of positive."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.viewer import Teams
from server.aggregates.periods import named_period
from server.errors import OperatorError
from server.fft.counts import Counted, GroupedService, counted, grouped_services
from server.fft.mapping import OptionsAt, fft_options
from server.fft.tables import FFT_OPTIONS
from server.fleet.tables import Organisation
from server.measures.friends_family import FriendsFamilyAnswers, friends_family

MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
FREE_TEXT = (
    "A free-text question is mandatory in the Friends and Family Test, and a device with buttons has none: offer one"
    " beside it (a card, a web address, a person who writes it down), or these figures do not comply."
)
NO_COMPARISON = "Not for comparing organisations: how people are asked differs too much."
OWN_MEASURE = (
    "Positive and negative are out of all six options, 'don't know' included. This is not PET's positivity, whose"
    " denominator is another: never put the two beside each other."
)
NOT_ELIGIBLE = "The number of eligible people is not known here."
NOTHING_MAPPED = (
    "No published question has the test's options (very-good to very-poor, dont-know): publish one, or map one with"
    " `pet questionnaire map-fft QUESTION CODE=OPTION ...`."
)
NOTES = (FREE_TEXT, NO_COMPARISON, OWN_MEASURE, NOT_ELIGIBLE)


class SubmissionRow(NamedTuple):
    """One grouping. Percentages 0..100, None where nobody answered. `flagged`: answers left out as suspected misuse.

    `modes`: responses by how they were collected. `lacking`: those of the six that its questionnaires do not offer.
    """

    grouping: str
    services: list[str]
    answers: FriendsFamilyAnswers
    total: int
    positive_percent: float | None
    negative_percent: float | None
    modes: dict[str, int]
    flagged: int
    lacking: list[str]
    eligible: None = None


class Submission(NamedTuple):
    """A month's figures. `complete`: the month is over; devices may still hold answers of it."""

    month: str
    first: date
    after: date
    complete: bool
    rows: list[SubmissionRow]
    notes: list[str]


def submission(
    session: Session, organisation: Organisation, month: str, now: datetime, teams: Teams = None
) -> Submission:
    """`month` like 2026-10. `teams`: whose single counts may be seen; a service with others too is left out whole.

    Raises OperatorError for what is no month.
    """
    today = now.astimezone(ZoneInfo(organisation.timezone)).date()
    period = named_period(month, today) if MONTH.fullmatch(month) else None
    if period is None or period.first is None or period.after is None:
        raise OperatorError(f"{month[:40]} is no month: write it like 2026-10.")
    options = fft_options(session, organisation)
    counts = counted(session, organisation, (period.first, period.after), options, teams)
    services = grouped_services(session, organisation, teams)
    rows = [_row(grouping, services, counts, options) for grouping in dict.fromkeys(each.grouping for each in services)]
    notes = [*NOTES] if options else [NOTHING_MAPPED, *NOTES]
    return Submission(month, period.first, period.after, period.after <= today, rows, notes)


def _row(grouping: str, services: list[GroupedService], counts: list[Counted], options: OptionsAt) -> SubmissionRow:
    own = [service for service in services if service.grouping == grouping]
    teams = {team for service in own for team in service.teams}
    mine = [each for each in counts if each.team_id in teams]
    chosen: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    flagged = 0
    for each in mine:
        six = _six(each, options)
        if each.flagged:
            flagged += six.total()
            continue
        chosen += six
        modes[each.mode] += six.total()
    answers = FriendsFamilyAnswers(*(chosen[option] for option in FFT_OPTIONS))
    score = friends_family(answers, for_submission=True)
    return SubmissionRow(
        grouping,
        [service.code for service in own],
        answers,
        score.n,
        _one_decimal(score.positive_percent),
        _one_decimal(score.negative_percent),
        {mode: count for mode, count in sorted(modes.items()) if count},
        flagged,
        _lacking(((each.reference, each.position) for each in mine), options),
    )


def _six(each: Counted, options: OptionsAt) -> Counter[str]:
    names = options[each.reference, each.position]
    found: Counter[str] = Counter()
    for option, count in enumerate(each.options, 1):
        if option in names:
            found[names[option]] += count
    return found


def _lacking(asked: Iterable[tuple[int, int]], options: OptionsAt) -> list[str]:
    """Of the six, those that not every version offers that was answered here."""
    versions = [set(options[each].values()) for each in asked]
    return [option for option in FFT_OPTIONS if any(option not in offered for offered in versions)]


def _one_decimal(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 1)
