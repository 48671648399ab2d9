"""A statistical process control chart as data: points with limits, what is special about each, and how it was made."""

from enum import StrEnum
from typing import NamedTuple

from server.measures.direction import Better

BASELINE_POINTS = 12  # limits are made of so many and then locked; fewer give trial limits (Making Data Count)


class ChartKind(StrEnum):
    """How limits are found."""

    XMR = "XmR"  # from how much neighbouring points differ
    P = "p"  # from how many answered at each point
    P_PRIME = "p'"  # as p, widened by how much points really differ (Laney)


class Rule(StrEnum):
    """Why a point is special, in the order in which the first that holds is named."""

    OUTSIDE = "outside the limits"
    TREND = "trend"
    TWO_OF_THREE = "two of three near a limit"
    SHIFT = "shift"


class Side(StrEnum):
    """Where a special point lies, or where its trend goes."""

    HIGH = "high"
    LOW = "low"


class PointKind(StrEnum):
    """What a point means, once it is known which way is better."""

    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    COMMON_CAUSE = "common cause"
    NEUTRAL = "special cause, neither better nor worse"


class Assurance(StrEnum):
    """Whether the process as it runs now will reach the target."""

    PASS = "consistently passes the target"  # noqa: S105 - no password
    FAIL = "consistently fails the target"
    HIT_OR_MISS = "hits and misses the target"


class RunLengths(NamedTuple):
    """How many points make a run. Sources disagree (7 and 7, or 6 and 8): a setting, printed on the chart."""

    trend: int = 7  # points strictly rising or falling, so one step fewer
    shift: int = 7  # points strictly on one side of the mean


class Limits(NamedTuple):
    """A point's mean and limits, in the points' unit. Not clipped: the rules are tested on these."""

    mean: float
    lower: float
    upper: float
    near_lower: float
    near_upper: float

    def drawn(self, least: float = 0.0, most: float = 1.0) -> "Limits":
        """As they are drawn and printed: nothing below `least` or above `most`, for no proportion can lie there."""
        return Limits(*(min(most, max(least, value)) for value in self))


class Signal(NamedTuple):
    """That a point is special: why, and on which side."""

    rule: Rule
    side: Side


class ChartPoint(NamedTuple):
    """One bucket. `value` and `limits` are None where nobody answered; `n` is None on a chart that needs none."""

    value: float | None
    n: int | None
    limits: Limits | None
    signal: Signal | None
    kind: PointKind


class Phase(NamedTuple):
    """A stretch of points with limits of its own: from a rebase (or the beginning) up to the next."""

    first: int
    after: int
    baseline_points: int  # points with a value that the limits are made of
    trial: bool  # fewer than the baseline wants


class ChartSettings(NamedTuple):
    """How a chart is made; all of it is printed on the chart."""

    better: Better = Better.HIGHER
    target: float | None = None  # in the points' unit
    baseline: int = BASELINE_POINTS
    rebases: tuple[int, ...] = ()  # indices at which limits begin anew: deliberate, recorded acts
    lengths: RunLengths = RunLengths()
    screening: bool = False  # XmR: leave out exceptional moving ranges (the R package does, the Excel tool does not)


DEFAULT_SETTINGS = ChartSettings()


class Chart(NamedTuple):
    """The chart. `kind_of_latest` is the variation icon: the kind of the latest point that has a value."""

    kind: ChartKind
    settings: ChartSettings
    points: tuple[ChartPoint, ...]
    phases: tuple[Phase, ...]
    assurance: Assurance | None

    @property
    def latest(self) -> ChartPoint | None:
        """The latest point that has a value; None where there is none."""
        return next((point for point in reversed(self.points) if point.value is not None), None)

    @property
    def kind_of_latest(self) -> PointKind:
        """The variation icon."""
        return self.latest.kind if self.latest else PointKind.COMMON_CAUSE

    @property
    def trial_limits(self) -> bool:
        """Whether the limits in force are of too few points to be relied on."""
        return not self.phases or self.phases[-1].trial

    @property
    def baseline_places(self) -> tuple[int, ...]:
        """The points that the limits in force are made of, as indices."""
        if not self.phases:
            return ()
        phase = self.phases[-1]
        present = [place for place in range(phase.first, phase.after) if self.points[place].value is not None]
        return tuple(present[: phase.baseline_points])
