"""How a chart is put together: cut into phases at rebases, each with limits of its own baseline, then judged."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from server.measures.chart import Chart, ChartKind, ChartPoint, ChartSettings, Limits, Phase
from server.measures.icons import assurance
from server.measures.spc_rules import find_signals, kind_of

# Of the points of a phase that have a value, and how many of them are its baseline: the limits of each; None where
# there are too few to have any.
LimitsOf = Callable[[Sequence[int], int], Sequence[Limits] | None]


def make_chart(
    kind: ChartKind,
    values: Sequence[float | None],
    sizes: Sequence[int] | None,
    settings: ChartSettings,
    limits_of: LimitsOf,
) -> Chart:
    """The chart of `values`, whose limits `limits_of` finds phase by phase from indices into `values`.

    Raises ValueError for a baseline below 2, and for rebases that do not rise from 1 to the last point.
    """
    _check(settings, len(values))
    cuts = [0, *settings.rebases, len(values)]
    points: list[ChartPoint] = []
    phases = []
    for first, after in pairwise(cuts):
        present = [index for index in range(first, after) if values[index] is not None]
        baseline = min(settings.baseline, len(present))
        phases.append(Phase(first, after, baseline, trial=baseline < settings.baseline))
        limits = limits_of(present, baseline)
        found = dict(zip(present, limits or (), strict=False))
        placed = [(value, found[index]) for index in present if index in found and (value := values[index]) is not None]
        signals = dict(zip(present, find_signals(placed, settings.lengths), strict=False))
        for index in range(first, after):
            signal = signals.get(index)
            size = sizes[index] if sizes is not None else None
            points.append(ChartPoint(values[index], size, found.get(index), signal, kind_of(signal, settings.better)))
    latest = next((point.limits for point in reversed(points) if point.limits is not None), None)
    return Chart(kind, settings, tuple(points), tuple(phases), assurance(latest, settings.target, settings.better))


def _check(settings: ChartSettings, points: int) -> None:
    if settings.baseline < 2:
        raise ValueError(f"a baseline needs at least 2 points, got {settings.baseline}")
    rebases = list(settings.rebases)
    if rebases != sorted(set(rebases)) or any(not 0 < at < points for at in rebases):
        raise ValueError(f"rebases rise and lie within 1 and {points - 1}, got {rebases}")
