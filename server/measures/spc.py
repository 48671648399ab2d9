"""The XmR chart: is a figure over time only restless, or did something happen?"""

from collections.abc import Sequence
from itertools import pairwise

from server.measures.chart import DEFAULT_SETTINGS, Chart, ChartKind, ChartSettings, Limits
from server.measures.phases import make_chart
from server.measures.spc_rules import sign

LIMIT_RANGES = 2.66  # 3 standard deviations in units of the average moving range of 2: 3 / 1.128
SCREENED_FROM = 3.267  # a moving range from so many averages on is itself exceptional (D4 for ranges of 2)


def xmr(values: Sequence[float | None], settings: ChartSettings = DEFAULT_SETTINGS) -> Chart:
    """The XmR chart of `values` in any unit; None where a bucket has no data.

    Per phase: mean of the first `baseline` points; limits mean +/- 2.66 times the average moving range of these
    points, near-limits two thirds of that; then locked. Fewer points than the baseline wants give trial limits; one
    alone has none. With `screening`, moving ranges of 3.267 averages or more are dropped once and the average is
    taken anew. No moving range crosses a rebase. Raises ValueError for impossible settings (phases.py).
    Source: Making Data Count; NHSRplotthedots (R package; MIT).
    """

    def limits_of(present: Sequence[int], baseline: int) -> Sequence[Limits] | None:
        limits = _limits([_value(values, index) for index in present[:baseline]], screening=settings.screening)
        return [limits] * len(present) if limits else None

    return make_chart(ChartKind.XMR, values, None, settings, limits_of)


def rebase_objection(chart: Chart, at: int, actions: Sequence[int] = ()) -> str | None:
    """Why limits should not begin anew at point `at`, as a sentence; None where nothing speaks against it.

    Limits are changed only after a lasting shift, and never at an action: that would make the improvement the new
    normal and hide it. `actions`: indices of the points at which actions began. Raises ValueError for no such point.
    Source: Making Data Count; measured on a demonstration series, see docs/measures.md.
    """
    if not 0 < at < len(chart.points):
        raise ValueError(f"a rebase lies within 1 and {len(chart.points) - 1}, got {at}")
    if at in actions:
        return "An action began here: new limits from this point would hide its effect."
    run = chart.points[at : at + chart.settings.lengths.shift]
    sides = {_side(point.value, point.limits) for point in run if point.value is not None}
    if len(run) < chart.settings.lengths.shift or len(sides) != 1 or sides & {0, None}:
        return f"No lasting shift begins here: the next {chart.settings.lengths.shift} points are not all on one side."
    return None


def _limits(baseline: Sequence[float], *, screening: bool) -> Limits | None:
    if len(baseline) < 2:
        return None
    mean = sum(baseline) / len(baseline)
    ranges = [abs(after - before) for before, after in pairwise(baseline)]
    average = sum(ranges) / len(ranges)
    if screening and average > 0:
        kept = [one for one in ranges if one < SCREENED_FROM * average]
        average = sum(kept) / len(kept)
    far, near = LIMIT_RANGES * average, LIMIT_RANGES * average * 2 / 3
    return Limits(mean, mean - far, mean + far, mean - near, mean + near)


def _side(value: float | None, limits: Limits | None) -> int | None:
    if value is None or limits is None:
        return None
    return sign(value - limits.mean)


def _value(values: Sequence[float | None], index: int) -> float:
    value = values[index]
    assert value is not None
    return value
