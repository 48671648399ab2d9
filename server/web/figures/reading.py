"""Questions of one page to the interface: the same filter for all, found once."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.query import FiguresQuery, read_query
from server.api.resolve import Asked, refuse_what_is_to_come, resolve
from server.api.shapes import Links
from server.api.stats import control
from server.api.stats.ask import blamed
from server.api.stats.control import ControlQuery
from server.web.figures.downloads import Items, narrowed

NO_LINKS = Links(self="", csv="", xlsx="")  # a page says its own
Query = TypeVar("Query", bound=FiguresQuery)
Answer = TypeVar("Answer")


class Reading:
    """One page's questions to the interface, all of the same scope and period, which are found once."""

    def __init__(self, session: Session, items: Items, viewer: Viewer, now: datetime) -> None:
        self.session, self._items, self._viewer, self._now = session, items, viewer, now
        self.query = read_query(items, ControlQuery, control.MORE)
        self.asked: Asked[ControlQuery] = resolve(session, self.query, viewer, now)
        refuse_what_is_to_come(self.asked)

    def read(
        self,
        model: type[Query],
        reader: Callable[[Session, Asked[Query], Links], Answer],
        more: dict[str, str] | None = None,
        own: Items | None = None,
    ) -> tuple[Answer, Items]:
        """The answer, and the parameters that ask the interface for the same."""
        items = [*narrowed(self._items, model, more or {}), *(own or [])]
        query = read_query(items, model, more)
        with blamed():
            return reader(self.session, Asked(query, *self.asked[1:]), NO_LINKS), items

    def between(self, first: date, after: date) -> "Reading":
        """The same of these days."""
        items = [item for item in self._items if item[0] not in {"period", "from", "to"}]
        return Reading(self.session, [*items, ("from", str(first)), ("to", str(after))], self._viewer, self._now)

    def narrowed_to(self, period: str, *without: str) -> "Reading":
        """The same of this period, without these narrowings."""
        items = [item for item in self._items if item[0] not in {"period", "from", "to", *without}]
        return Reading(self.session, [*items, ("period", period)], self._viewer, self._now)

    def wider(self, without: str) -> "Reading":
        """The same without this narrowing."""
        items = [item for item in self._items if item[0] != without]
        return Reading(self.session, items, self._viewer, self._now)
