"""The chart's geometry: a time series as marks, lines and labels in pixels. templates/chart.svg.jinja draws it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from server.aggregates.periods import Granularity
from server.api.shapes import Point, TimeseriesAnswer
from server.measures.positivity import Precision
from server.web.words import TOO_FEW, bucket_name, count, interval, local_day, percent

GRID_PERCENT = (0, 20, 40, 60, 80, 100)
SHAPES = {Precision.SUPPRESSED: "cross", Precision.CARE: "hollow", Precision.SOUND: "solid"}
CAP_MAX_PX = 5.0


@dataclass(frozen=True)
class Frame:
    """One drawing's measures in pixels. Text must keep its size, so a narrow screen has a drawing of its own."""

    name: str
    width: int
    left: int
    right: int
    plot_top: int
    plot_height: int
    strip_top: int  # of the responses below the plot
    strip_height: int
    font_size: int
    label_width: int  # what one label below the axis needs

    @property
    def height(self) -> int:
        """Down to below the two lines of labels."""
        return self.strip_top + self.strip_height + 3 * self.font_size

    @property
    def plot_width(self) -> int:
        """Of the plot and of the strip below it."""
        return self.width - self.left - self.right

    def x(self, share: float) -> float:
        """Across the plot, 0..1."""
        return round(self.left + share * self.plot_width, 1)

    def y(self, percent_: float) -> float:
        """Up the plot, 0..100."""
        return round(self.plot_top + (1 - percent_ / 100) * self.plot_height, 1)


WIDE = Frame("wide", 960, 58, 74, 36, 270, 346, 48, 16, 74)
NARROW = Frame("narrow", 358, 46, 44, 32, 220, 290, 40, 14, 60)
FRAMES = (WIDE, NARROW)


@dataclass(frozen=True)
class Mark:
    """A bucket with answers. `shape`: solid, hollow (interpret with care), cross (too few for a percentage)."""

    point: Point
    shape: str
    x: float
    y: float
    ends: tuple[float, float] | None  # of the interval: lower, upper
    words: str


@dataclass(frozen=True)
class Bar:
    """The responses of one bucket; `number` where there is room for it."""

    x: float
    y: float
    width: float
    height: float
    number: str | None


@dataclass(frozen=True)
class Label:
    """A bucket's name below the axis, with its year where that begins."""

    x: float
    text: str
    year: str | None


@dataclass(frozen=True)
class Stretch:
    """Neighbouring buckets with something in common."""

    x: float
    width: float
    value: float


@dataclass(frozen=True)
class Chart:
    """All that the template draws."""

    frame: Frame
    grid: list[tuple[float, str]]
    marks: list[Mark]
    joins: list[str]  # points of the lines between neighbouring percentages: others leave a gap
    bars: list[Bar]
    bars_max: int
    labels: list[Label]
    targets: list[Stretch]
    changing: list[Stretch]  # buckets that may still change
    cap: float
    radius: float


def draw(answer: TimeseriesAnswer, frame: Frame) -> Chart:
    """The answer as a chart of this frame's size."""
    points = answer.data
    slot = frame.plot_width / len(points)
    middles = [frame.x((index + 0.5) / len(points)) for index in range(len(points))]
    marks = [_mark(point, answer, frame, x) for point, x in zip(points, middles, strict=True)]
    bars_max = max(1, *(point.responses for point in points))
    return Chart(
        frame=frame,
        grid=[(frame.y(percent_), f"{percent_}%") for percent_ in GRID_PERCENT],
        marks=[mark for mark in marks if mark is not None],
        joins=list(_joins(marks)),
        bars=[_bar(point.responses, frame, x, slot, bars_max) for point, x in zip(points, middles, strict=True)],
        bars_max=bars_max,
        labels=list(_labels(answer, frame, middles, slot)),
        targets=[
            Stretch(stretch.x, stretch.width, frame.y(stretch.value))
            for stretch in _stretches(points, frame, lambda point: point.target)
        ],
        changing=list(_stretches(points, frame, lambda point: None if point.complete else 1.0)),
        cap=round(min(CAP_MAX_PX, slot * 0.3), 1),
        radius=round(max(2.0, min(5.5, slot * 0.3)), 1),
    )


def _mark(point: Point, answer: TimeseriesAnswer, frame: Frame, x: float) -> Mark | None:
    if not point.n:
        return None
    name, responses = bucket_name(point, answer), count(point.responses, "response")
    if point.positivity is None or point.ci95 is None:
        return Mark(point, "cross", x, frame.y(0), None, f"{name}: {responses}, {TOO_FEW}")
    words = f"{name}: {percent(point.positivity)} (likely {interval(point.ci95)}), {responses}"
    ends = (frame.y(point.ci95[0]), frame.y(point.ci95[1]))
    return Mark(point, SHAPES[Precision(point.precision)], x, frame.y(point.positivity), ends, words)


def _joins(marks: Sequence[Mark | None]) -> Iterator[str]:
    shown = (mark if mark and mark.ends else None for mark in marks)
    for present, run in groupby(shown, key=lambda mark: mark is not None):
        places = [f"{mark.x},{mark.y}" for mark in run if mark]
        if present and len(places) > 1:
            yield " ".join(places)


def _bar(responses: int, frame: Frame, x: float, slot: float, bars_max: int) -> Bar:
    height = round(responses / bars_max * frame.strip_height, 1)
    width = round(max(1.0, min(slot * 0.7, 36.0)), 1)
    room = slot >= frame.font_size * 0.62 * len(f"{responses:,}") + 2
    return Bar(
        x=round(x - width / 2, 1),
        y=round(frame.strip_top + frame.strip_height - height, 1),
        width=width,
        height=height,
        number=f"{responses:,}" if room and responses else None,
    )


def _labels(answer: TimeseriesAnswer, frame: Frame, middles: Sequence[float], slot: float) -> Iterator[Label]:
    every = max(1, -int(-frame.label_width // slot))
    year = None
    for point, x in list(zip(answer.data, middles, strict=True))[::every]:
        first = local_day(point.start, answer.query.timezone)
        yield Label(x, _short_name(first, answer.query.granularity), None if first.year == year else str(first.year))
        year = first.year


def _short_name(first: date, granularity: str) -> str:
    return f"{first:%b}" if granularity == Granularity.MONTH else f"{first.day} {first:%b}"


def _stretches(points: Sequence[Point], frame: Frame, key: Callable[[Point], Any]) -> Iterator[Stretch]:
    """Neighbouring points with the same key, which is None where there is nothing to draw."""
    start = 0
    for value, run in groupby(points, key=key):
        end = start + len(list(run))
        if value is not None:
            x = frame.x(start / len(points))
            yield Stretch(x, round(frame.x(end / len(points)) - x, 1), value)
        start = end
