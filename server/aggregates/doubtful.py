"""Passes that look doubtful when those of one device are seen in a row, in the order of its journals."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.record import DURATION_MAX, DURATION_UNIT_S, FLAG_PARTIAL, FLAG_TEST, KIND_RESPONSE, OPTIONS_MAX
from server.accounts.viewer import Teams
from server.aggregates.periods import Period
from server.aggregates.scope import Place
from server.aggregates.single_responses import SpanTooLongError
from server.database import on_keys
from server.fleet.tables import NEGATIVE, POSITIVE, Team, VersionOption
from server.ingest.tables import Response
from server.measures.misuse import DevicePass, Misuse, find_misuse

DAYS_MAX = 92  # every pass of the device is read: a quarter of a year at most

Best = dict[tuple[int, int], int]  # by reference and position: the number of the best option


class Doubt(NamedTuple):
    """A pass and the reasons to doubt it, in the order of Misuse. `flagged`: it is left out of figures now."""

    response: Response
    team: str
    reasons: tuple[Misuse, ...]


def doubtful(session: Session, place: Place, device_id: int, period: Period, teams: Teams) -> list[Doubt]:
    """The doubtful passes of one device that belong to these teams, and those that are flagged anyway; in the order of
    its journals. All its passes are looked at, for a run may go across teams. Raises SpanTooLongError.
    """
    if period.first is None or period.after is None or period.after - period.first > timedelta(days=DAYS_MAX):
        raise SpanTooLongError("period", DAYS_MAX)
    query = (
        select(Response, Team.code)
        .join(Team, on_keys(Team, Response, "team_id"))
        .where(
            Response.organisation_id == place.organisation_id,
            Response.device_id == device_id,
            Response.kind == KIND_RESPONSE,
            Response.flags.op("&")(FLAG_TEST) == 0,
            Response.day >= period.first,
            Response.day < period.after,
        )
        .order_by(Response.journal_id, Response.sequence)
    )
    rows = [(response, team) for response, team in session.execute(query)]
    best = _best(session, place, {response.reference for response, _ in rows})
    found = [
        Doubt(response, team, tuple(reason for reason in Misuse if reason in reasons))
        for _, journal in groupby(rows, key=lambda row: row[0].journal_id)
        for (response, team), reasons in _judged(list(journal), place, best)
    ]
    return [
        doubt
        for doubt in found
        if (doubt.reasons or doubt.response.flagged) and (teams is None or doubt.response.team_id in teams)
    ]


def _judged(
    rows: Sequence[tuple[Response, str]], place: Place, best: Best
) -> Iterator[tuple[tuple[Response, str], frozenset[Misuse]]]:
    passes = [_pass(response, place, best) for response, _ in rows]
    return zip(rows, find_misuse(passes), strict=True)


def _pass(response: Response, place: Place, best: Best) -> DevicePass:
    """As the rules see it. A device tells durations in whole units, the last of which means "or longer"."""
    asked = [(position, answer) for position, answer in enumerate(response.answers, start=1) if answer]
    took = timedelta(seconds=DURATION_UNIT_S * response.duration)
    partial = response.flags & FLAG_PARTIAL
    return DevicePass(
        begun_at=response.answered_at and (response.answered_at - took).astimezone(place.zone),
        # What a unit rounds away must not make a pass too fast, so the time that it took at the most is judged.
        duration_s=None if partial or response.duration == DURATION_MAX else DURATION_UNIT_S * (response.duration + 1),
        answers=tuple(answer if answer <= OPTIONS_MAX else None for _, answer in asked),
        best=tuple(best.get((response.reference, position)) == answer for position, answer in asked),
    )


def _best(session: Session, place: Place, references: set[int]) -> Best:
    """The positive option farthest from the negative ones: a scale may begin at either end."""
    query = select(VersionOption.reference, VersionOption.position, VersionOption.option, VersionOption.sentiment)
    here = (VersionOption.organisation_id == place.organisation_id, VersionOption.reference.in_(references))
    options: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for reference, position, option, sentiment in session.execute(query.where(*here)):
        options[reference, position][sentiment].append(option)
    return {
        where: max(meant[POSITIVE], key=lambda option: min((abs(option - bad) for bad in meant[NEGATIVE]), default=0))
        for where, meant in options.items()
        if meant[POSITIVE]
    }
