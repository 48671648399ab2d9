"""The chart's geometry: a time series as marks, lines and labels in pixels. templates/chart.svg.jinja draws it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil

from server.aggregates.periods import Granularity
from server.api.stats.series import Point, TimeseriesAnswer
from server.measures.positivity import Precision
from server.web.words import TOO_FEW, Series, bucket_name, count, interval, local_day, percent, target_percent

FULL_GRID = (0, 20, 40, 60, 80, 100)
UPPER_GRID = (50, 60, 70, 80, 90, 100)  # where all that is drawn lies above: differences of a few points are told apart
SHAPES = {Precision.SUPPRESSED: "cross", Precision.CARE: "hollow", Precision.SOUND: "solid"}
CAP_MAX_PX = 5.0
BAR_MAX_PX = 36.0
SLOTS_MIN = 4  # a single bucket is not spread over the whole plot, as if it were all there will be
DIGIT_SHARE = 0.58  # of the font size, the width of a digit


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

    def y(self, percent_: float, floor: int) -> float:
        """Up the plot, whose lower edge is `floor` and whose upper edge is 100."""
        return round(self.plot_top + (100 - percent_) / (100 - floor) * self.plot_height, 1)


WIDE = Frame("wide", 960, 58, 74, 36, 270, 352, 48, 16, 74)
NARROW = Frame("narrow", 358, 46, 44, 32, 220, 296, 40, 14, 60)
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
    """The responses of one bucket; `number` where there is room for all of them."""

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
    floor: int  # percent, at the plot's lower edge
    base: float  # that edge
    marks: list[Mark]
    joins: list[str]  # points of the lines between neighbouring percentages: others leave a gap
    bars: list[Bar]
    bars_max: int
    labels: list[Label]
    targets: list[Stretch]
    target_text: str | None  # of the last one, at its end
    changing: list[Stretch]  # buckets that may still change
    cap: float
    radius: float


def draw(answer: TimeseriesAnswer, frame: Frame) -> Chart:
    """The answer as a chart of this frame's size."""
    points = answer.data
    chart = scaffold(answer, frame, [point.ci95[0] for point in points if point.ci95])
    middles = slot_middles(points, frame)
    marks = [_mark(point, answer, frame, x, chart.floor) for point, x in zip(points, middles, strict=True)]
    return replace(chart, marks=[mark for mark in marks if mark is not None], joins=list(_joins(marks)))


def slot_middles(points: Sequence[Point], frame: Frame) -> list[float]:
    """Where each bucket stands."""
    slots = max(len(points), SLOTS_MIN)
    return [frame.x((index + 0.5) / slots) for index in range(len(points))]


def scaffold(answer: Series, frame: Frame, lowest: Sequence[float]) -> Chart:
    """All but the marks: scale, target, labels, responses, what may still change. `lowest`: percents to be drawn."""
    points: Sequence[Point] = answer.data
    slots = max(len(points), SLOTS_MIN)
    slot = frame.plot_width / slots
    grid = _grid([*lowest, *(point.target for point in points if point.target)])
    middles = slot_middles(points, frame)
    targets = list(_stretches(points, frame, lambda point: point.target))
    bars_max = max([1, *(point.responses for point in points)])
    return Chart(
        frame=frame,
        grid=[(frame.y(percent_, grid[0]), f"{percent_}%") for percent_ in grid],
        floor=grid[0],
        base=frame.y(grid[0], grid[0]),
        marks=[],
        joins=[],
        bars=list(_bars(points, frame, middles, slot, bars_max)),
        bars_max=bars_max,
        labels=list(_labels(answer, frame, middles, slot)),
        targets=[Stretch(each.x, each.width, frame.y(each.value, grid[0])) for each in targets],
        target_text=target_percent(targets[-1].value) if targets else None,
        changing=list(_stretches(points, frame, lambda point: None if point.complete else 1.0)),
        cap=round(min(CAP_MAX_PX, slot * 0.3), 1),
        radius=round(max(2.0, min(5.5, slot * 0.3)), 1),
    )


def _grid(lowest: Sequence[float]) -> tuple[int, ...]:
    return UPPER_GRID if lowest and min(lowest) >= UPPER_GRID[0] else FULL_GRID


def _mark(point: Point, answer: TimeseriesAnswer, frame: Frame, x: float, floor: int) -> Mark | None:
    if not point.n:
        return None
    name, responses = bucket_name(point, answer), count(point.responses, "response")
    if point.positivity is None or point.ci95 is None:
        return Mark(
            point, SHAPES[Precision.SUPPRESSED], x, frame.y(floor, floor), None, f"{name}: {responses}, {TOO_FEW}"
        )
    words = f"{name}: {percent(point.positivity)} (likely {interval(point.ci95)}), {responses}"
    ends = (frame.y(point.ci95[0], floor), frame.y(point.ci95[1], floor))
    return Mark(point, SHAPES[Precision(point.precision)], x, frame.y(point.positivity, floor), ends, words)


def _joins(marks: Sequence[Mark | None]) -> Iterator[str]:
    shown = (mark if mark and mark.ends else None for mark in marks)
    for present, run in groupby(shown, key=lambda mark: mark is not None):
        places = [f"{mark.x},{mark.y}" for mark in run if mark]
        if present and len(places) > 1:
            yield " ".join(places)


def _bars(points: Sequence[Point], frame: Frame, middles: Sequence[float], slot: float, bars_max: int) -> Iterator[Bar]:
    width = round(max(1.0, min(slot * 0.7, BAR_MAX_PX)), 1)
    room = slot >= DIGIT_SHARE * frame.font_size * (len(f"{bars_max:,}") + 1)
    for point, x in zip(points, middles, strict=True):
        if not point.responses:
            continue
        height = round(point.responses / bars_max * frame.strip_height, 1)
        yield Bar(
            x=round(x - width / 2, 1),
            y=round(frame.strip_top + frame.strip_height - height, 1),
            width=width,
            height=height,
            number=f"{point.responses:,}" if room else None,
        )


def _labels(answer: Series, frame: Frame, middles: Sequence[float], slot: float) -> Iterator[Label]:
    every = ceil(frame.label_width / slot)
    year = None
    for point, x in list(zip(answer.data, middles, strict=True))[::every]:
        first = local_day(point.start, answer.query.timezone)
        by_month = answer.query.granularity == Granularity.MONTH
        yield Label(
            x, f"{first:%b}" if by_month else f"{first.day} {first:%b}", None if first.year == year else str(first.year)
        )
        year = first.year


def _stretches(points: Sequence[Point], frame: Frame, key: Callable[[Point], float | None]) -> Iterator[Stretch]:
    """Neighbouring points with the same key, which is None where there is nothing to draw."""
    start, slots = 0, max(len(points), SLOTS_MIN)
    for value, run in groupby(points, key=key):
        end = start + len(list(run))
        if value is not None:
            x = frame.x(start / slots)
            yield Stretch(x, round(frame.x(end / slots) - x, 1), value)
        start = end
