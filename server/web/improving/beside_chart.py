"""What an audit found beside what patients said, on one chart: two series by shape, line and name. Drawn by
beside.svg.jinja.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from math import ceil

from server.api.audit_shapes import PeriodAnswer
from server.web.chart import FULL_GRID, SLOTS_MIN, Frame
from server.web.control_chart import shape_path
from server.web.lettering import lines_of
from server.web.words import TOO_FEW, count, day, interval, percent

AUDIT, PATIENTS = "audit", "patients"
NAMES = {AUDIT: "Audit", PATIENTS: "Patients"}
SHAPES = {AUDIT: "concern", PATIENTS: "common"}  # a square and a circle
MEANINGS = {
    AUDIT: "audit: lines as they should be",
    PATIENTS: "patients: positive answers, with the span the true figure is likely in",
}
RADIUS_PX = 5.0
CAP_PX = 4.0
LINE = 1.6  # of the font size, from one line of the legend to the next
SIGN_PX = 32  # of the legend, before its words
NAMED_FROM_PX = 70  # of room at the right, for a series to be named at its end


@dataclass(frozen=True)
class BesideMark:
    """One week or month of a series. `ends`: of the interval, lower and upper; `path` None: too few to show."""

    first: date
    x: float
    y: float
    path: str | None
    ends: tuple[float, float] | None
    words: str


@dataclass(frozen=True)
class BesideSeries:
    """Audit or patients. `joins`: the lines between neighbours; `end`: where its name stands, None: nowhere."""

    kind: str
    name: str
    marks: list[BesideMark]
    joins: list[str]
    end: tuple[float, float] | None
    meaning: list[tuple[float, str]]  # height and text of each line of its entry in the legend
    sign: str | None
    sign_y: float


@dataclass(frozen=True)
class BesideDrawing:
    """All that the template draws."""

    frame: Frame
    grid: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    series: list[BesideSeries]
    height: float
    cap: float = CAP_PX


def draw_beside(periods: Sequence[PeriodAnswer], every: str, frame: Frame) -> BesideDrawing:
    """`periods`: the oldest first; `every`: week or month."""
    middles = [frame.x((number + 0.5) / max(len(periods), SLOTS_MIN)) for number in range(len(periods))]
    places = list(zip(periods, middles, strict=True))
    below = frame.plot_top + frame.plot_height + 3.2 * frame.font_size
    audit = _series(AUDIT, [_audit_mark(period, x, every, frame) for period, x in places], frame, below)
    below = audit.meaning[-1][0] + LINE * frame.font_size
    patients = _series(PATIENTS, [_patient_mark(period, x, every, frame) for period, x in places], frame, below)
    return BesideDrawing(
        frame=frame,
        grid=[(frame.y(percent_, 0), f"{percent_}%") for percent_ in FULL_GRID],
        labels=list(_labels(places, every, frame)),
        series=_apart([audit, patients], frame),
        height=round(patients.meaning[-1][0] + 0.6 * frame.font_size, 1),
    )


def _audit_mark(period: PeriodAnswer, x: float, every: str, frame: Frame) -> BesideMark | None:
    if period.compliance is None:
        return None
    y = frame.y(period.compliance, 0)
    words = f"{period_name(period, every)}: audit {percent(period.compliance)} of {count(period.lines, 'line')}"
    return BesideMark(period.start, x, y, shape_path(SHAPES[AUDIT], x, y, RADIUS_PX), None, words)


def _patient_mark(period: PeriodAnswer, x: float, every: str, frame: Frame) -> BesideMark | None:
    patients = period.patients
    if patients is None or not patients.n:
        return None
    start = f"{period_name(period, every)}: patients"
    if patients.positivity is None or patients.ci95 is None:
        words = f"{start}, {count(patients.responses, 'response')}, {TOO_FEW}"
        return BesideMark(period.start, x, frame.y(0, 0) - 2 - RADIUS_PX, None, None, words)
    y = frame.y(patients.positivity, 0)
    likely = f"likely {interval(patients.ci95)}, {count(patients.responses, 'response')}"
    ends = (frame.y(patients.ci95[0], 0), frame.y(patients.ci95[1], 0))
    words = f"{start} {percent(patients.positivity)} positive ({likely})"
    return BesideMark(period.start, x, y, shape_path(SHAPES[PATIENTS], x, y, RADIUS_PX), ends, words)


def _series(kind: str, marks: Sequence[BesideMark | None], frame: Frame, below: float) -> BesideSeries:
    drawn = [mark for mark in marks if mark is not None]
    last = next((mark for mark in reversed(drawn) if mark.path), None)
    named = last is not None and frame.right >= NAMED_FROM_PX
    lines = lines_of(MEANINGS[kind], frame.width - SIGN_PX, frame.font_size)
    return BesideSeries(
        kind=kind,
        name=NAMES[kind],
        marks=drawn,
        joins=list(_joins(marks)),
        end=(last.x + 12, last.y) if named and last else None,
        meaning=[(round(below + LINE * frame.font_size * number, 1), line) for number, line in enumerate(lines)],
        sign=shape_path(SHAPES[kind], 12, round(below - 5, 1), RADIUS_PX),
        sign_y=round(below, 1),
    )


def _joins(marks: Sequence[BesideMark | None]) -> Iterator[str]:
    """Between neighbours; where there is none, a gap."""
    for present, run in groupby(marks, key=lambda mark: mark is not None and mark.path is not None):
        places = [f"{mark.x},{mark.y}" for mark in run if mark]
        if present and len(places) > 1:
            yield " ".join(places)


def _apart(found: list[BesideSeries], frame: Frame) -> list[BesideSeries]:
    """Their names, where both stand at the same height, one above the other."""
    first, second = found
    if first.end is None or second.end is None or abs(first.end[1] - second.end[1]) >= frame.font_size:
        return found
    upper, lower = sorted(found, key=lambda each: each.end[1] if each.end else 0)
    assert upper.end
    assert lower.end
    middle, half = (upper.end[1] + lower.end[1]) / 2, 0.55 * frame.font_size
    moved = {
        upper.kind: replace(upper, end=(upper.end[0], round(middle - half, 1))),
        lower.kind: replace(lower, end=(lower.end[0], round(middle + half, 1))),
    }
    return [moved[each.kind] for each in found]


def _labels(places: Sequence[tuple[PeriodAnswer, float]], every: str, frame: Frame) -> Iterator[tuple[float, str]]:
    slot = frame.plot_width / max(len(places), SLOTS_MIN)
    for period, x in places[:: ceil(frame.label_width / slot)]:
        first = period.start
        yield x, f"{first:%b %Y}" if every == "month" else f"{first.day} {first:%b}"


def period_name(period: PeriodAnswer, every: str) -> str:
    """As within a sentence: week of 2 November 2026; November 2026."""
    return f"{period.start:%B %Y}" if every == "month" else f"week of {day(period.start)}"


def beside_sentence(periods: Sequence[PeriodAnswer], every: str) -> str:
    """The chart in words: how often it was done, and the newest period in which both are known."""
    done = [period for period in periods if period.compliance is not None]
    if not done:
        return f"No audit was done in {count(len(periods), every)}."
    lowest, highest = (choose(period.compliance or 0 for period in done) for choose in (min, max))
    found = percent(lowest) if lowest == highest else f"between {percent(lowest)} and {percent(highest)}"
    start = f"An audit was done in {len(done)} of {count(len(periods), every)} and found {found} as it should be."
    both = [period for period in done if period.patients is not None and period.patients.positivity is not None]
    if not both:
        return f"{start} In none of them are there answers enough of patients to show beside it."
    last = both[-1]
    assert last.patients is not None
    said = f"{percent(last.patients.positivity)} positive (likely {interval(last.patients.ci95)}"
    name = period_name(last, every)
    told = f"{name[:1].upper()}{name[1:]}: the audit found {percent(last.compliance)}, patients answered {said}"
    return f"{start} {told}, {count(last.patients.responses, 'response')})."
