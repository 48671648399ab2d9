"""A chart in one sentence, for whoever cannot or will not read the picture: what happened, and how sure that is."""

from collections.abc import Sequence
from itertools import pairwise, takewhile

from server.measures.chart import Chart, ChartKind, ChartPoint, Limits, PointKind, Rule, Side, Signal
from server.measures.spc_rules import sign


def reading(
    chart: Chart, subject: str, *, bucket: str = "week", as_percent: bool = True, least: int = 0, left_out: int = 0
) -> str:
    """The chart as one sentence (a second one where limits are on trial, a third for the target).

    `subject`: what is charted, as "Positivity of food". `bucket`: what a point is, in the singular. Values are
    proportions and told as percentages, unless `as_percent` is False. Nothing is said of the latest point but what
    the rules allow: a difference between two points alone is never called a change. `least`, `left_out`: as how_made.
    """
    latest = chart.latest
    if latest is None and left_out:
        return f"{subject}: no {bucket} has the {least} responses that a point needs; look at longer ones."
    if latest is None:
        return f"{subject}: no data."
    if latest.limits is None:
        return f"{subject}: one {bucket} so far; two at least are needed to say what is ordinary."
    return " ".join(
        [_now(chart, latest, latest.limits, subject, bucket, as_percent), *_trial(chart, bucket), *_target(chart)]
    )


def how_made(
    chart: Chart,
    *,
    bucket: str = "week",
    least: int = 0,
    left_out: int = 0,
    span: str = "",
    anew: Sequence[str] | None = None,
) -> str:
    """The chart's settings in one line, to be printed on it: kind, baseline, rebases, run lengths, screening.

    `left_out`: so many buckets had answers of fewer than `least` people, and are no points. `span`: which days the
    baseline is of, in words; `anew`: where limits begin anew, in words, else by the number of the bucket.
    """
    settings, lengths = chart.settings, chart.settings.lengths
    first = f"limits from the first {settings.baseline} {bucket}s with answers{span and f' ({span})'}, then locked"
    parts = [f"{chart.kind}-chart", first]
    begun = [f"at {bucket} {at + 1}" for at in settings.rebases] if anew is None else anew
    if begun:
        parts.append("begun anew " + ", ".join(begun))
    parts.append(f"a trend is {lengths.trend} points and a shift {lengths.shift}")
    if chart.kind is ChartKind.XMR:
        parts.append("exceptional moving ranges left out" if settings.screening else "no moving range left out")
    if left_out:
        buckets = bucket if left_out == 1 else f"{bucket}s"
        parts.append(f"left out: {left_out} {buckets} of fewer than {least} responses")
    return "; ".join(parts) + "."


def _now(chart: Chart, latest: ChartPoint, limits: Limits, subject: str, bucket: str, as_percent: bool) -> str:
    mean = _number(limits.mean, as_percent)
    if latest.signal is None:
        return f"{subject}: no significant change; the {bucket}s go up and down around {mean} as chance makes them."
    verdict = {
        PointKind.IMPROVEMENT: "improvement",
        PointKind.CONCERN: "concern",
        PointKind.NEUTRAL: "a significant change",
    }[latest.kind]
    return f"{subject}: {verdict}; {_why(chart, latest.signal, bucket, mean)}, more than chance explains."


def _why(chart: Chart, signal: Signal, bucket: str, mean: str) -> str:
    high = signal.side is Side.HIGH
    match signal.rule:
        case Rule.OUTSIDE:
            return f"the latest {bucket} lies {'above the upper' if high else 'below the lower'} limit"
        case Rule.TREND:
            return f"{_run(chart, signal)} {bucket}s in a row {'rise' if high else 'fall'}"
        case Rule.TWO_OF_THREE:
            return f"two of three {bucket}s lie close to the {'upper' if high else 'lower'} limit"
        case Rule.SHIFT:
            return f"{_run(chart, signal)} {bucket}s in a row lie {'above' if high else 'below'} the mean of {mean}"


def _run(chart: Chart, signal: Signal) -> int:
    """How many points, the latest among them, make the run."""
    points = chart.points[chart.phases[-1].first :]
    placed = [(point.value, point.limits.mean) for point in points if point.value is not None and point.limits]
    wanted = 1 if signal.side is Side.HIGH else -1
    if signal.rule is Rule.SHIFT:
        directions = [sign(value - mean) for value, mean in placed]
        first = 0
    else:
        directions = [sign(after[0] - before[0]) for before, after in pairwise(placed)]
        first = 1  # so many steps lie between one point more
    return first + sum(1 for _ in takewhile(lambda direction: direction == wanted, reversed(directions)))


def _trial(chart: Chart, bucket: str) -> list[str]:
    if not chart.trial_limits:
        return []
    have = chart.phases[-1].baseline_points
    return [f"Trial limits: {have} of the {chart.settings.baseline} {bucket}s that reliable limits need."]


def _target(chart: Chart) -> list[str]:
    return [] if chart.assurance is None else [f"As it runs now it {chart.assurance}."]


def _number(value: float, as_percent: bool) -> str:
    return f"{100 * value:.1f} %" if as_percent else f"{value:.2f}"
