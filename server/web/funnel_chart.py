"""A funnel's geometry: parts by how many answered, between limits that narrow with that. funnel.svg.jinja draws it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.api.stats.funnels import FunnelAnswer, FunnelRow
from server.measures.funnel import Place, funnel_limits
from server.measures.wilson import Z_95, Z_998
from server.web.chart import FULL_GRID, UPPER_GRID, Frame
from server.web.control_chart import GAP_PX, SIGN_PX, Sign, shape_path
from server.web.lettering import width_of
from server.web.words import count, interval, percent

SHAPES = {
    Place.ABOVE_998: "improvement",
    Place.ABOVE_95: "improvement",
    Place.INSIDE: "common",
    Place.BELOW_95: "concern",
    Place.BELOW_998: "concern",
}
LEGEND = (
    ("improvement", "above the limits"),
    ("concern", "below the limits"),
    ("common", "inside"),
    ("mean", "all together"),
    ("limit", "95% limits"),
    ("outer", "99.8% limits"),
)
TOP_GRID = (80, 85, 90, 95, 100)  # teams of one trust mostly lie close together
CURVE_POINTS = 48
RADIUS_PX = 5.5
TICKS = (1, 2, 5)  # times a power of ten: what people count in
TICKS_MAX = 6


@dataclass(frozen=True)
class FunnelMark:
    """One part. `number`: as in the list below the chart, None where it is like the others; `own`: it is the page's."""

    code: str
    shape: str
    x: float
    y: float
    path: str
    number: int | None
    own: bool
    words: str


@dataclass(frozen=True)
class FunnelDrawing:
    """All that the template draws. `middle`: where all together lie; None where too few answered to say."""

    frame: Frame
    grid: list[tuple[float, str]]
    floor: int
    ticks: list[tuple[float, str]]
    middle: float | None
    inner: list[str]
    outer: list[str]
    marks: list[FunnelMark]
    legend: list[Sign]
    height: float


def draw_funnel(answer: FunnelAnswer, frame: Frame, own: str = "") -> FunnelDrawing:
    """The answer as a chart of this frame's size. `own`: the code of the part that the page is about."""
    rows = [row for row in answer.data if row.positivity is not None and row.place is not None]
    most = max([10, *(row.basis for row in rows)]) * 1.06
    lowest = [value for row in rows for value in (row.positivity, row.lower_998) if value is not None]
    grid = next((each for each in (TOP_GRID, UPPER_GRID) if lowest and min(lowest) >= each[0]), FULL_GRID)
    numbers = {row.code: number for number, row in enumerate(told_apart(answer, own), start=1)}
    legend = list(_legend(frame))
    return FunnelDrawing(
        frame=frame,
        grid=[(frame.y(value, grid[0]), f"{value}%") for value in grid],
        floor=grid[0],
        ticks=[(frame.x(value / most), f"{value:,}") for value in _ticks(most)],
        middle=None if answer.pooled is None else frame.y(max(answer.pooled, grid[0]), grid[0]),
        inner=list(_curves(answer.pooled, most, Z_95, frame, grid[0])),
        outer=list(_curves(answer.pooled, most, Z_998, frame, grid[0])),
        marks=[_mark(row, frame, most, grid[0], numbers.get(row.code), own) for row in rows],
        legend=legend,
        height=legend[-1].y + frame.font_size,
    )


def told_apart(answer: FunnelAnswer, own: str = "") -> list[FunnelRow]:
    """The parts that are named: those outside the limits, and the page's own; in order of name."""
    drawn = [row for row in answer.data if row.place is not None and row.positivity is not None]
    return [row for row in drawn if row.place != Place.INSIDE or row.code == own]


def _mark(row: FunnelRow, frame: Frame, most: float, floor: int, number: int | None, own: str) -> FunnelMark:
    assert row.positivity is not None
    assert row.place is not None
    x, y = frame.x(row.basis / most), frame.y(max(row.positivity, floor), floor)
    shape = SHAPES[Place(row.place)]
    path = shape_path(shape, x, y, RADIUS_PX)
    assert path is not None
    return FunnelMark(row.code, shape, x, y, path, number, row.code == own, described(row))


def described(row: FunnelRow) -> str:
    """Leek: 76.1% (likely 70.2 to 81.0%), 210 responses, below the 99.8 % limit."""
    figures = f"{percent(row.positivity)} (likely {interval(row.ci95)}), {count(row.responses, 'response')}"
    return f"{row.name}: {figures}, {row.place}"


def _curves(pooled: float | None, most: float, z: float, frame: Frame, floor: int) -> Iterator[str]:
    """The upper and the lower limit; where they are clipped, they run along the edge."""
    if pooled is None:
        return
    share = min(1.0, pooled / 100)
    for name in ("upper", "lower"):
        places = []
        for step in range(1, CURVE_POINTS + 1):
            n = most * (step / CURVE_POINTS) ** 2  # close together where the limits bend
            limits = funnel_limits(share, n, z)
            if limits is not None:
                value = 100 * float(getattr(limits, name))
                places.append(f"{frame.x(n / most)},{frame.y(max(value, floor), floor)}")
        yield " ".join(places)


def _ticks(most: float) -> Sequence[int]:
    power = 1
    while True:
        for step in TICKS:
            if most / (step * power) <= TICKS_MAX:
                return range(0, int(most) + 1, step * power)
        power *= 10


def _legend(frame: Frame) -> Iterator[Sign]:
    x, y = 0.0, frame.plot_top + frame.plot_height + 4.6 * frame.font_size
    for shape, text in LEGEND:
        width = SIGN_PX + width_of(text, frame.font_size)
        if x and x + width > frame.width:
            x, y = 0.0, y + 1.6 * frame.font_size
        yield Sign(shape, shape_path(shape, x + 12, round(y - 5, 1), 5.0), round(x, 1), round(y, 1), text)
        x += width + GAP_PX


def funnel_sentence(answer: FunnelAnswer, noun: str) -> str:
    """The chart in one sentence: how many lie inside, who does not, and who is not judged. `noun`: in the singular."""
    judged = [row for row in answer.data if row.place is not None]
    few = len(answer.data) - len(judged)
    rest = f" {count(few, noun)} had too few responses to be judged, or none." if few else ""
    if not judged or answer.pooled is None:
        return f"No {noun} has enough responses to be compared with the others.{rest}"
    outside = [row for row in judged if row.place != Place.INSIDE]
    start = f"All together {percent(answer.pooled)} of answers are positive"
    if not outside:
        what = f"the one {noun} that can be judged lies" if len(judged) == 1 else f"all {len(judged)} {noun}s lie"
        return f"{start}; {what} inside the limits: what differs between them could be chance.{rest}"
    told = "; ".join(f"{row.name} ({percent(row.positivity)}) lies {row.place}" for row in outside)
    inside = len(judged) - len(outside)
    most = f"{start}; {inside} of {count(len(judged), noun)} {'lies' if inside == 1 else 'lie'} inside the limits"
    return f"{most}. {told}: more than chance explains.{rest}"
