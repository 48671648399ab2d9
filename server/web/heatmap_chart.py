"""The heat map's geometry: a square for each hour of the week, its number written in it. heatmap.svg.jinja draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.api.stats.heat import HeatAnswer, HeatRow
from server.web.chart import Frame
from server.web.words import TOO_FEW, count, percent

STEPS = 5  # of darkness
LIGHT_FROM = 4  # steps so dark that their number is written light
THOUSAND = 1000


@dataclass(frozen=True)
class Square:
    """One hour of the week. `step`: 0 is empty, then 1 to STEPS; `text`: its number, empty where there is none."""

    x: float
    y: float
    step: int
    text: str
    light: bool
    few: bool
    words: str


@dataclass(frozen=True)
class HeatDrawing:
    """All that the template draws. `rows`, `columns`: the words along the edges with their places."""

    frame: Frame
    squares: list[Square]
    width: float
    height_each: float
    rows: list[tuple[float, str]]
    columns: list[tuple[float, str]]
    legend: list[tuple[float, int, str]]
    legend_y: float
    height: float


def draw_heatmap(answer: HeatAnswer, frame: Frame) -> HeatDrawing:
    """Days down and hours across where there is room; on a narrow screen the other way round."""
    across = frame.name == "wide"
    days, hours = 7, 24
    columns, rows = (hours, days) if across else (days, hours)
    size = frame.font_size
    left, top = (6.0 * size, 2.0 * size) if across else (3.6 * size, 2.0 * size)
    width, height = (frame.width - left) / columns, (2.4 if across else 1.7) * size
    positivity = answer.query.metric != "n"
    limits = _limits(answer.data, positivity=positivity)
    squares = []
    for row in answer.data:
        column, line = (row.hour, row.weekday - 1) if across else (row.weekday - 1, row.hour)
        squares.append(_square(row, left + column * width, top + line * height, limits, positivity=positivity))
    day_names = list(dict.fromkeys(row.day for row in answer.data))
    hour_names = [f"{hour:02}" for hour in range(hours)]
    side, head = (day_names, hour_names) if across else (hour_names, [name[:3] for name in day_names])
    legend_y = top + rows * height + 1.2 * size
    return HeatDrawing(
        frame=frame,
        squares=squares,
        width=round(width, 2),
        height_each=round(height, 2),
        rows=[(round(top + (at + 0.5) * height, 1), name) for at, name in enumerate(side)],
        columns=[(round(left + (at + 0.5) * width, 1), name) for at, name in enumerate(head)],
        legend=_legend(limits, frame, positivity=positivity),
        legend_y=round(legend_y, 1),
        height=round(legend_y + 2.8 * size, 1),
    )


def _value(row: HeatRow, *, positivity: bool) -> float | None:
    return row.positivity if positivity else (row.n or None)


def _limits(rows: Sequence[HeatRow], *, positivity: bool) -> list[float]:
    """The least value of each step: of percentages always the same, of counts up to the most there is."""
    if positivity:
        return [0.0, 50.0, 70.0, 80.0, 90.0]
    most = max(row.n for row in rows)
    return [1.0, *(float(max(2, -(-most * step // STEPS))) for step in range(1, STEPS))]


def _square(row: HeatRow, x: float, y: float, limits: Sequence[float], *, positivity: bool) -> Square:
    value = _value(row, positivity=positivity)
    step = 0 if value is None else sum(value >= limit for limit in limits)
    told = "" if value is None else (f"{value:.0f}" if positivity else _short(row.n))
    said = count(row.n, "answer")
    if row.suppressed:
        said = f"{said}, {TOO_FEW}"
    elif positivity and row.n:
        said = f"{percent(row.positivity)} of {said}"
    words = f"{row.day} {row.hour:02}:00: {said}"
    return Square(round(x, 1), round(y, 1), step, told, step >= LIGHT_FROM, row.suppressed, words)


def _short(number: int) -> str:
    return (
        str(number)
        if number < THOUSAND
        else f"{number / THOUSAND:.1f}k"
        if number < 10 * THOUSAND
        else (f"{number // THOUSAND}k")
    )


def _legend(limits: Sequence[float], frame: Frame, *, positivity: bool) -> list[tuple[float, int, str]]:
    """Where each step's sample stands, its step, and from which value on."""
    unit = "%" if positivity else ""
    each = frame.width / STEPS
    return [(round(at * each, 1), at + 1, f"from {limit:,.0f}{unit}") for at, limit in enumerate(dict.fromkeys(limits))]
