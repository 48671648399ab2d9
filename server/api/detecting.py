"""What was detected, taken over into a concern: computed anew, so that nobody can invent a finding."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.improving import Body
from server.api.problems import ProblemError, conflict, in_body
from server.api.query import Day, read_query
from server.api.resolve import resolve
from server.api.shapes import Links
from server.api.stats.ask import blamed
from server.api.stats.findings import MORE, FindingsQuery, read_findings
from server.measures.concerns import Level

BAD = (Level.CONCERN, Level.WATCH)
PERIOD_LETTERS_MAX = 20


class Detected(Body):
    """The period in which /stats/concerns shows it: `period`, or `from_date` and `to_date` (exclusive)."""

    period: str | None = Field(default=None, max_length=PERIOD_LETTERS_MAX)
    from_date: Day | None = None
    to_date: Day | None = None

    def parameters(self) -> list[tuple[str, str]]:
        """As of an address."""
        named = {"period": self.period, "from": self.from_date, "to": self.to_date}
        return [(name, str(value)) for name, value in named.items() if value is not None]


def find_detected(
    session: Session,
    viewer: Viewer,
    detected: Detected,
    place: tuple[str, str],
    question: str,
    now: datetime,
) -> dict[str, Any]:
    """The finding about the question at ("team" or "service", its code), as this viewer is shown it.

    Raises ProblemError, 409 where nothing is found there.
    """
    kind, code = place
    items = [*detected.parameters(), (kind, code), ("question", question), ("by", kind)]
    try:
        query = read_query(items, FindingsQuery, MORE)
        with blamed():
            answer = read_findings(session, resolve(session, query, viewer, now), Links(self="", csv="", xlsx=""))
    except ProblemError as error:
        raise _of_the_body(error) from None
    for row in answer.data:
        if row.code == code and row.question == question and row.level in BAD:
            said = {"from": answer.query.from_, "to": answer.query.to, "as_of": now.isoformat()}
            return row.model_dump(mode="json") | said
    raise ProblemError(
        conflict(in_body("detected", detail="Nothing is detected there: leave it out to raise the concern by hand."))
    )


def _of_the_body(error: ProblemError) -> ProblemError:
    """The same problem, said of the body that the parameters came from."""
    here = {"/query/from": "from_date", "/query/to": "to_date", "/query/period": "period"}
    errors = [
        in_body("detected", here[each.pointer], detail=each.detail)
        if each.pointer in here
        else in_body(each.pointer.rsplit("/", 1)[-1], detail=each.detail)
        for each in error.problem.errors
    ]
    return ProblemError(error.problem.model_copy(update={"errors": errors}))
