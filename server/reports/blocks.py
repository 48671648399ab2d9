"""What a report is put together from: parts with a heading, sentences, and at most one table."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from server.reports.icons import Icon

Snapshot = dict[str, Any]
Cell = str | Icon


class Column(NamedTuple):
    """`width`: its share of the line; numbers stand at the right."""

    text: str
    width: int = 1
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """`caption`: what it shows, for who cannot see where it stands."""

    caption: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Block:
    """One part of the report. `chart`: the control chart stands here, after the sentences."""

    name: str
    heading: str
    sentences: list[str] = field(default_factory=list)
    table: Table | None = None
    chart: bool = False
