"""The p-chart: a proportion over time whose limits follow how many answered. And which chart fits."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import median

from server.measures.chart import DEFAULT_SETTINGS, Chart, ChartKind, ChartSettings, Limits
from server.measures.part import Part
from server.measures.phases import make_chart

SIGMAS = 3
NEAR_SIGMAS = 2
RANGE_PER_SIGMA = 1.128  # d2 of moving ranges of 2
# XmR treats every point alike. It does so rightly where points are of many and of similarly many: about 10 responses
# a device and week are not. 50: at 85 % positivity at least 5 of each answer are then expected (0.15 * 50 = 7.5).
XMR_FROM_N = 50
ALIKE_WITHIN = 0.25  # sizes within a quarter of their average may share limits (Montgomery, 7.3.2)
PRIME_FROM_N = 1000  # p-limits shrink with n until ordinary differences between weeks lie outside; Laney's do not
PRIME_FROM_SIGMA_Z = 1.2  # points scatter a fifth more than their n explains


def pchart(parts: Sequence[Part], settings: ChartSettings = DEFAULT_SETTINGS, *, prime: bool = False) -> Chart:
    """The p-chart (or Laney's p') of `parts` in order, as proportions 0..1; n = 0 is a bucket without a point.

    p-bar = sum x / sum n of the first `baseline` points, then locked; limits p-bar +/- 3 sigma_i, near-limits 2, with
    sigma_i = sqrt(p-bar (1 - p-bar) / n_i). p': times sigma_z, the average of |z_i - z_(i-1)| / 1.128 over the
    baseline, z_i = (p_i - p-bar) / sigma_i. n_i is people where a part says how many (part.py). Raises ValueError for
    impossible counts or settings. Sources: Montgomery, Statistical Quality Control, 7.3; Laney 2002 (Quality
    Engineering 14).
    """
    for part in parts:
        part.check()
    weights = [part.basis for part in parts]
    shares = [part.chosen / part.n if part.basis else None for part in parts]

    def limits_of(present: Sequence[int], baseline: int) -> Sequence[Limits] | None:
        base = [parts[index] for index in present[:baseline]]
        if not base:
            return None
        mean = pooled_share(base)
        widening = sigma_z(base, mean) if prime else 1.0
        if widening is None:
            return None
        return [_limits(mean, weights[index], widening) for index in present]

    return make_chart(ChartKind.P_PRIME if prime else ChartKind.P, shares, weights, settings, limits_of)


def pooled_share(parts: Sequence[Part]) -> float:
    """All that was chosen out of all n, 0..1. Raises ZeroDivisionError where nobody answered."""
    return sum(part.chosen for part in parts) / sum(part.n for part in parts)


def sigma_z(parts: Sequence[Part], mean: float) -> float | None:
    """How much neighbouring points differ, in units of what their n explains: 1 is chance alone. None below two
    points. Where nothing can differ (mean 0 or 1) it is 1. Source: Laney 2002.
    """
    if len(parts) < 2:
        return None
    if not 0 < mean < 1:
        return 1.0
    scores = [(part.chosen / part.n - mean) / _sigma(mean, part.basis) for part in parts]
    steps = [abs(after - before) for before, after in pairwise(scores)]
    return sum(steps) / len(steps) / RANGE_PER_SIGMA


def choose_chart(parts: Sequence[Part]) -> ChartKind:
    """Which chart fits: p where points are of few or of unlike n, p' where n is large and points scatter more than
    it explains, XmR otherwise. Only points with answers are looked at. Sources: as pchart.
    """
    present = [part for part in parts if part.basis]
    if not present:
        return ChartKind.P
    sizes = [part.basis for part in present]
    middle = median(sizes)
    widening = sigma_z(present, pooled_share(present))
    if middle >= PRIME_FROM_N and widening is not None and widening > PRIME_FROM_SIGMA_Z:
        return ChartKind.P_PRIME
    average = sum(sizes) / len(sizes)
    alike = all(abs(size - average) <= ALIKE_WITHIN * average for size in sizes)
    return ChartKind.XMR if middle >= XMR_FROM_N and alike else ChartKind.P


def baseline_parts(parts: Sequence[Part], settings: ChartSettings) -> list[Part]:
    """What the limits in force are made of: of the points since the last rebase, the first with answers.

    A chart's kind is chosen by them, so that it is locked with them. All parts, where none has an answer yet.
    """
    since = settings.rebases[-1] if settings.rebases else 0
    return [part for part in parts[since:] if part.basis][: settings.baseline] or list(parts)


def _limits(mean: float, n: int, widening: float) -> Limits:
    sigma = _sigma(mean, n) * widening
    far, near = SIGMAS * sigma, NEAR_SIGMAS * sigma
    return Limits(mean, mean - far, mean + far, mean - near, mean + near)


def _sigma(mean: float, n: int) -> float:
    return sqrt(mean * (1 - mean) / n)
