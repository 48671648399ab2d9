"""Figures in words: the sentences a page says about them, made from the data and from nothing else."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.aggregates.periods import Granularity
from server.api.shapes import Judged
from server.api.stats.control import ControlAnswer
from server.api.stats.series import Point, TimeseriesAnswer
from server.measures.positivity import Precision
from server.measures.verdict import Verdict

Series = TimeseriesAnswer | ControlAnswer
TOO_FEW = "too few to show a percentage"
VERDICTS = {
    Verdict.MET: "The target of {target} is met.",
    Verdict.MISSED: "The target of {target} is missed.",
    Verdict.CANNOT_TELL: "That is {side} the target of {target}, but it could be chance: cannot tell yet.",
}


def count(number: int, noun: str) -> str:
    """1 response; 1,312 responses."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(value: float | None) -> str:
    """84.2%, and a dash where none is published."""
    return "–" if value is None else f"{value:.1f}%"  # noqa: RUF001 - a dash is meant


def target_percent(value: float | None) -> str:
    """A target as people say it: 85%, 87.5%."""
    return percent(value).replace(".0%", "%")


def interval(ends: tuple[float, float] | None) -> str:
    """81.9 to 86.2%."""
    return percent(None) if ends is None else f"{ends[0]:.1f} to {percent(ends[1])}"


def local_day(instant: datetime, zone: str) -> date:
    """The organisation's day that an instant falls into."""
    return instant.astimezone(ZoneInfo(zone)).date()


def day(value: date) -> str:
    """23 November 2026."""
    return f"{value.day} {value:%B %Y}"


def bucket_name(point: Point, answer: Series) -> str:
    """23 November 2026, week of 23 November 2026, November 2026, the quarter from October 2026."""
    first = local_day(point.start, answer.query.timezone)
    match Granularity(answer.query.granularity):
        case Granularity.HOUR:
            return f"{point.start.astimezone(ZoneInfo(answer.query.timezone)):%H}:00 on {day(first)}"
        case Granularity.DAY:
            return day(first)
        case Granularity.WEEK:
            return f"week of {day(first)}"
        case Granularity.MONTH:
            return f"{first:%B %Y}"
        case Granularity.QUARTER:
            return f"the quarter from {first:%B %Y}"


def headline(answer: TimeseriesAnswer) -> str:
    """How much the figures rest on."""
    return f"{count(answer.totals.responses, 'response')}, {count(answer.totals.n, 'answer')}"


def judgement(figures: Judged) -> str:
    """What can be said about a positivity and its target, and what cannot."""
    if figures.precision == Precision.NO_DATA:
        return "No answers that count towards positivity."
    if figures.positivity is None:
        return f"{count(figures.responses, 'response')}: {TOO_FEW}."
    sure = f"{percent(figures.positivity)} of the answers are positive"
    sentences = [f"{sure}; with so many responses the true figure is likely {interval(figures.ci95)}."]
    if figures.verdict is not None:
        side = "at or above" if figures.at_or_above else "below"
        sentence = VERDICTS[Verdict(figures.verdict)]
        sentences.append(sentence.format(side=side, target=target_percent(figures.target)))
    if figures.responses_needed is not None:
        sentences.append(f"About {_roughly(figures.responses_needed):,} more responses would tell.")
    if figures.precision == Precision.CARE:
        sentences.append("Interpret with care: these are few.")
    return " ".join(sentences)


def _roughly(number: int) -> int:
    """The first two digits; more would claim to know how people will answer."""
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return round(number / unit) * unit


def chart_sentence(answer: TimeseriesAnswer) -> str:
    """The chart in one sentence: how many buckets say something, and between what they lie."""
    buckets = count(len(answer.data), answer.query.granularity)
    shown = [point for point in answer.data if point.positivity is not None]
    if not shown:
        return f"No {answer.query.granularity} has enough responses to show a percentage."
    lowest = min(shown, key=lambda point: point.positivity or 0)
    highest = max(shown, key=lambda point: point.positivity or 0)
    few = sum(point.suppressed for point in answer.data)
    none = len(answer.data) - len(shown) - few
    rest = [f"{few:,} had too few responses"] if few else []
    rest += [f"{none:,} had none"] if none else []
    if len(shown) == 1:
        span = f"{percent(lowest.positivity)} ({bucket_name(lowest, answer)})"
    else:
        span = f"between {percent(lowest.positivity)} ({bucket_name(lowest, answer)})"
        span += f" and {percent(highest.positivity)} ({bucket_name(highest, answer)})"
    start = f"Positivity was {span} in {len(shown):,} of {buckets}"
    return f"{start}; {' and '.join(rest)}." if rest else f"{start}."
