"""What every statistic goes through: address, scope, counts, form; and what cannot be counted is told by parameter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.counts import NotOfQuestionsError
from server.aggregates.outside import WholeBucketsError
from server.aggregates.single_responses import SpanTooLongError
from server.aggregates.timeseries import TooManyBucketsError
from server.api.access import needs
from server.api.answering import answered
from server.api.figures import links
from server.api.problems import ProblemError, in_query, wrong_fields
from server.api.query import FiguresQuery, read_query
from server.api.resolve import Asked, refuse_what_is_to_come, resolve
from server.api.shapes import Links

Query = TypeVar("Query", bound=FiguresQuery)
Answer = TypeVar("Answer", bound=BaseModel)

Reader = Annotated[Viewer, needs(Right.SEE_FIGURES)]


def statistic(
    request: Request,
    viewer: Viewer,
    session: Session,
    kinds: tuple[type[Query], type[Answer]],
    read: Callable[[Session, Asked[Query], Links], Answer],
    more: dict[str, str] | None = None,
    *,
    single: bool = False,
) -> Response:
    """`kinds`: of the question and of the answer; `more`: the meanings of parameters that only this question has;
    `single`: it is about single responses, which insiders are told at once and nobody else.
    """
    query = read_query(request.query_params.multi_items(), kinds[0], more)

    def answer() -> Answer:
        asked = resolve(session, query, viewer, request.app.state.now())
        if not single:
            refuse_what_is_to_come(asked)
        with blamed():
            return read(session, asked, links(request))

    return answered(request, viewer, session, kinds[1], answer)


@contextmanager
def blamed() -> Iterator[None]:
    """What the counts refuse becomes 422 with the parameter to blame and the remedy. Raises ProblemError."""
    try:
        yield
    except TooManyBucketsError as error:
        detail = f"{error} Ask for a coarser granularity or a shorter period."
        raise ProblemError(wrong_fields(in_query("granularity", detail))) from None
    except NotOfQuestionsError as error:
        raise ProblemError(wrong_fields(in_query("question", f"(or topic, objective) {error}"))) from None
    except (WholeBucketsError, SpanTooLongError) as error:
        raise ProblemError(wrong_fields(in_query(error.parameter, str(error)))) from None
