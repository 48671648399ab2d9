"""Passes of one device that look doubtful in a row, with the reasons: to look into, and to flag or clear."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.aggregates.doubtful import Doubt, doubtful
from server.api.figures import Surroundings, resolved
from server.api.query import FiguresQuery, wrong
from server.api.resolve import Asked
from server.api.shapes import Links, Meta, ResolvedQuery
from server.evidence.names import ResponseKey
from server.measures.misuse import Misuse

WANTED = frozenset({"organisation", "tz", "device", "period", "from_", "to", "format"})


class DoubtRow(BaseModel):
    """One pass."""

    response: Annotated[str, Field(description="its name: what /responses/{response}/flag is asked with")]
    team: str
    day: date
    reasons: Annotated[list[str], Field(description=f"any of: {', '.join(Misuse)}; none where only the device says so")]
    flagged: Annotated[bool, Field(description="whether it is left out of figures as misuse")]
    by_person: Annotated[bool, Field(description="whether somebody has looked into it")]


class DoubtsAnswer(BaseModel):
    """GET /api/v1/stats/misuse."""

    query: ResolvedQuery
    meta: Meta
    data: list[DoubtRow]
    links: Links


def read_doubts(session: Session, asked: Asked[FiguresQuery], links: Links) -> DoubtsAnswer:
    """The answer to the question. Raises ProblemError, SpanTooLongError."""
    for name in sorted(asked.query.model_fields_set - WANTED):
        raise wrong(name, "has no meaning here: every pass of the device is looked at.")
    if len(asked.scope.devices) != 1:
        raise wrong("device", "is needed here, and only one: its passes are looked at in the order they were given.")
    around, [device_id] = Surroundings(session, asked), asked.scope.devices
    found = doubtful(session, asked.place, device_id, asked.period, asked.viewer.teams(Right.SEE_DETAIL))
    return DoubtsAnswer(
        query=ResolvedQuery(**resolved(asked, asked.period)),
        meta=around.meta(around.target),
        data=[_row(each) for each in found],
        links=links,
    )


def _row(doubt: Doubt) -> DoubtRow:
    response = doubt.response
    return DoubtRow(
        response=ResponseKey(response.device_id, response.journal_id, response.sequence).name(),
        team=doubt.team,
        day=response.day,
        reasons=[reason.value for reason in doubt.reasons],
        flagged=response.flagged,
        by_person=response.flagged_by_person is not None,
    )
