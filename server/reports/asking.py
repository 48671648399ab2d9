"""How a report asks: through the same functions as the interface, as somebody of its audience."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.query import FiguresQuery, read_query
from server.api.reference import PREFIX
from server.api.resolve import Asked, resolve
from server.api.shapes import Links
from server.api.stats.ask import blamed

Query = TypeVar("Query", bound=FiguresQuery)
Items = Sequence[tuple[str, str]]


class Asking:
    """Questions about one part of the organisation, asked by one viewer at one instant."""

    def __init__(self, session: Session, viewer: Viewer, now: datetime, narrowing: Items = ()) -> None:
        self.session, self.viewer, self.now = session, viewer, now
        self._narrowing = list(narrowing)

    def ready(self, model: type[Query], items: Items, more: dict[str, str] | None = None) -> Asked[Query]:
        """The question made ready to be answered. Raises ProblemError."""
        query = read_query([*self._narrowing, *items], model, more)
        return resolve(self.session, query, self.viewer, self.now)

    def ask(
        self,
        read: Callable[[Session, Asked[Query], Links], Any],
        model: type[Query],
        name: str,
        items: Items,
        more: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer as the interface would send it at /api/v1/stats/`name`. Raises ProblemError."""
        address = f"{PREFIX}/stats/{name}?{urlencode([*self._narrowing, *items])}"
        links = Links(self=address, csv=address, xlsx=address)
        with blamed():
            answer = read(self.session, self.ready(model, items, more), links)
        found: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
        return found
