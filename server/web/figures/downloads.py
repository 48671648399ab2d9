"""Links from a chart on a page to the same figures of the interface: as a table to keep, and as a picture."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from server.api.query import FiguresQuery, meanings_of
from server.api.reference import PREFIX

Items = list[tuple[str, str]]


class Download(NamedTuple):
    """One link. `form`: as people call it."""

    form: str
    href: str
    of: str  # what it is of, for whoever hears the link without its surroundings


def narrowed(items: Iterable[tuple[str, str]], model: type[FiguresQuery], more: dict[str, str]) -> Items:
    """Those parameters that this kind of question knows."""
    known = meanings_of(model, more)
    return [item for item in items if item[0] in known]


def downloads(name: str, items: Items, of: str) -> list[Download]:
    """Of /stats/{name} and /charts/{name}, with these parameters."""
    tables = [
        Download(form.upper(), f"{PREFIX}/stats/{name}?{urlencode([*items, ('format', form)])}", of)
        for form in ("csv", "xlsx")
    ]
    asked = f"?{urlencode(items)}" if items else ""
    pictures = [Download(form.upper(), f"{PREFIX}/charts/{name}.{form}{asked}", of) for form in ("png", "svg")]
    return [*tables, *pictures]


def tables_only(name: str, items: Items, of: str) -> list[Download]:
    """Where there is no picture."""
    return downloads(name, items, of)[:2]
