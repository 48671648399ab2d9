"""The geometry of the chart: a time series as marks, lines and labels in pixels. Drawn by templates/chart.svg.jinja."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.api.shapes import Point, TimeseriesAnswer
from server.measures.positivity import Precision

GRID_PERCENT = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Frame:
    """One drawing's measures, in pixels at its natural size: text keeps its size, so a phone has its own drawing."""

    name: str
    width: int
    left: int
    right: int
    plot_top: int
    plot_height: int
    strip_top: int
    strip_height: int
    font_size: int
    label_width: int  # what one label below the axis needs

    @property
    def height(self) -> int:
        return self.strip_top + self.strip_height + 4 * self.font_size

    @property
    def plot_width(self) -> int:
        return self.width - self.left - self.right

    def x(self, share: float) -> float:
        """Across the plot, 0..1."""
        return round(self.left + share * self.plot_width, 1)

    def y(self, percent: float) -> float:
        """Up the plot, 0..100."""
        return round(self.plot_top + (1 - percent / 100) * self.plot_height, 1)


WIDE = Frame("wide", 960, 58, 74, 40, 270, 352, 48, 16, 74)
NARROW = Frame("narrow", 358, 46, 44, 34, 220, 292, 40, 14, 60)
FRAMES = (WIDE, NARROW)


@dataclass(frozen=True)
class Mark:
    """One bucket with answers. `shape`: solid, hollow (interpret with care) or cross (too few for a percentage)."""

    period: str
    shape: str
    x: float
    y: float
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class Bar:
    """The responses of one bucket."""

    x: float
    y: float
    width: float
    height: float
    number: str | None  # where there is room for it


@dataclass(frozen=True)
class Label:
    """A bucket's name below the axis, with its year where that begins."""

    x: float
    text: str
    year: str | None
