"""A control chart's geometry: points by shape, limits as steps, actions as flags. control.svg.jinja draws it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from server.api.stats.control import ControlAnswer, ControlPoint
from server.measures.chart import PointKind
from server.web.chart import SLOTS_MIN, Chart, Frame, scaffold, slot_middles
from server.web.lettering import width_of
from server.web.words import TOO_FEW, bucket_name, count, day, percent

SHAPES = {PointKind.IMPROVEMENT: "improvement", PointKind.CONCERN: "concern"}
COMMON, OPEN, FEW = "common", "open", "few"
# What stands in the legend, with what it looks like.
LEGEND = (
    ("improvement", "special cause: improvement"),
    ("concern", "special cause: concern"),
    (COMMON, "common cause"),
    (FEW, "too few for a point"),
    (OPEN, "not over, or not whole: judged by no rule"),
    ("mean", "mean"),
    ("limit", "control limits"),
    ("target", "target"),
)
SIGN_PX, GAP_PX = 30, 22
STEP_PX_MIN = 12.0  # finer steps of a dashed line cannot be told apart


@dataclass(frozen=True)
class ControlMark:
    """One bucket. `path`: a triangle for an improvement, a square for a concern, a circle for what is neither, an empty
    diamond for what is not over; None: too few.
    """

    period: str
    shape: str
    x: float
    y: float
    path: str | None
    words: str


@dataclass(frozen=True)
class Flag:
    """An action that began: a line down the plot with a number at its top; the number's words stand below."""

    x: float
    number: int
    words: str


@dataclass(frozen=True)
class Sign:
    """One entry of the legend."""

    shape: str
    path: str | None
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class ControlDrawing:
    """All that the template draws."""

    plot: Chart
    means: list[str]
    limits: list[str]
    join: list[str]
    marks: list[ControlMark]
    flags: list[Flag]
    legend: list[Sign]
    height: float


def draw_control(answer: ControlAnswer, frame: Frame) -> ControlDrawing:
    """The answer as a chart of this frame's size."""
    points = answer.data
    drawn = [value for point in points for value in (point.positivity, point.lower) if value is not None]
    plot = scaffold(answer, frame, drawn)
    middles = slot_middles(points, frame)
    marks = [
        _mark(point, answer, plot, x) for point, x in zip(points, middles, strict=True) if point.charted or point.n
    ]
    legend = list(_legend(frame))
    return ControlDrawing(
        plot=plot,
        means=list(_steps(points, plot, "mean")),
        limits=[path for name in ("upper", "lower") for path in _steps(points, plot, name)],
        join=list(_joins(points, plot, middles)),
        marks=marks,
        flags=[_flag(answer, frame, number) for number in range(len(answer.marks))],
        legend=legend,
        height=legend[-1].y + frame.font_size,
    )


def shape_path(shape: str, x: float, y: float, radius: float) -> str | None:
    """The outline of a shape around a place; None for what is drawn otherwise."""
    r = round(radius * 1.25, 1)
    match shape:
        case "improvement":
            return f"M{x} {round(y - 1.2 * r, 1)}l{r} {2 * r}h{-2 * r}z"
        case "concern":
            return f"M{round(x - r, 1)} {round(y - r, 1)}h{2 * r}v{2 * r}h{-2 * r}z"
        case "common":
            return f"M{round(x - r, 1)} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
        case "open":
            return f"M{x} {round(y - 1.2 * r, 1)}l{r} {1.2 * r:.1f}l{-r} {1.2 * r:.1f}l{-r} {-1.2 * r:.1f}z"
        case _:
            return None


def _mark(point: ControlPoint, answer: ControlAnswer, plot: Chart, x: float) -> ControlMark:
    name, responses = bucket_name(point, answer), count(point.responses, "response")
    told = responses if point.positivity is None else f"{percent(point.positivity)}, {responses}"
    y = plot.base - 2 - plot.radius if point.positivity is None else plot.frame.y(point.positivity, plot.floor)
    if point.end > answer.meta.as_of:
        shape, why = OPEN, ", not over"
    elif not point.charted and point.positivity is not None:
        shape, why = OPEN, ", cut by the period"
    elif not point.charted:
        shape, why = FEW, f", {TOO_FEW}"
    else:
        shape, why = SHAPES.get(PointKind(point.kind), COMMON), f", {point.kind}: {point.rule}" if point.rule else ""
    path = shape_path(shape, x, y, max(3.0, plot.radius))
    return ControlMark(point.period, shape, x, y, path, f"{name}: {told}{why}")


def _steps(points: Sequence[ControlPoint], plot: Chart, name: str) -> Iterator[str]:
    """A line as steps (from middle to middle where they would be too fine), broken where there is no point and where
    limits begin anew.
    """
    slots, start = max(len(points), SLOTS_MIN), 0
    for mean, run in groupby(points, key=lambda point: point.mean):
        values = [getattr(point, name) for point in run]
        half = 0.5 if plot.frame.plot_width / slots >= STEP_PX_MIN else 0.0
        if mean is not None:
            middle = start + 0.5
            places = [
                (plot.frame.x((middle + at - half) / slots), plot.frame.x((middle + at + half) / slots), height)
                for at, height in enumerate(_height(plot, value) for value in values)
            ]
            yield "M" + "L".join(f"{left} {y}L{right} {y}" for left, right, y in places)
        start += len(values)


def _height(plot: Chart, value: float) -> float:
    return plot.frame.y(max(value, plot.floor), plot.floor)


def _joins(points: Sequence[ControlPoint], plot: Chart, middles: Sequence[float]) -> Iterator[str]:
    """Lines between neighbouring points; what is no point leaves no gap on a chart of a process, but is skipped."""
    placed = [
        f"{x},{plot.frame.y(point.positivity, plot.floor)}"
        for point, x in zip(points, middles, strict=True)
        if point.charted and point.positivity is not None
    ]
    if len(placed) > 1:
        yield " ".join(placed)


def _flag(answer: ControlAnswer, frame: Frame, number: int) -> Flag:
    mark, points = answer.marks[number], answer.data
    zone = ZoneInfo(answer.query.timezone)
    slots = max(len(points), SLOTS_MIN)
    starts = [point.start.astimezone(zone).date() for point in points]
    slot = max(index for index, start in enumerate(starts) if start <= mark.day or index == 0)
    return Flag(frame.x(slot / slots), number + 1, f"{number + 1}: {mark.title}, from {day(mark.day)}.")


def _legend(frame: Frame) -> Iterator[Sign]:
    """In rows that fit the frame."""
    x, y = 0.0, frame.height + 1.2 * frame.font_size
    for shape, text in LEGEND:
        width = SIGN_PX + width_of(text, frame.font_size)
        if x and x + width > frame.width:
            x, y = 0.0, y + 1.6 * frame.font_size
        path = shape_path(shape, x + 12, round(y - 5, 1), 5.0)
        yield Sign(shape, path, round(x, 1), round(y, 1), text)
        x += width + GAP_PX
