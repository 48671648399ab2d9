"""A comparison of two periods as one sentence, both counts in it, that says no more than the counts allow."""

from server.measures.effect import Conclusion, Effect
from server.measures.part import Part
from server.measures.wilson import Interval


def effect_sentence(subject: str, what: str, effect: Effect) -> str:
    """Like "Food: fair/poor 24% (48/200) → 14% (28/200): improved, 2 to 18 points, unlikely to be chance".

    `subject`: the question or topic; `what`: the share that is meant, as "fair/poor" or "positive".
    """
    return f"{subject}: {what} {_part(effect, effect.before)} → {_part(effect, effect.after)}: {effect_words(effect)}"


def effect_words(effect: Effect) -> str:
    """The conclusion alone, with the size of the change where one is shown."""
    points = effect.gain_interval_points
    match effect.conclusion:
        case Conclusion.NO_DATA:
            return "nobody answered in one of the two periods"
        case Conclusion.TOO_FEW:
            return "too few responses to compare (fewer than 10 in one of the two periods)"
        case Conclusion.NOT_SHOWN:
            return "not shown to be real"
        case Conclusion.BORDERLINE:
            return _borderline(effect)
    assert points is not None
    size = points if points.upper > 0 else Interval(-points.upper, -points.lower)
    return f"{effect.conclusion}, {_range(size)} points, unlikely to be chance"


def _borderline(effect: Effect) -> str:
    interval = effect.change_interval_points
    if interval is not None and interval.lower <= 0 <= interval.upper:
        return "borderline: p is below .05, interval includes 0"
    return "borderline: interval excludes 0, p does not reach .05"


def _part(effect: Effect, part: Part) -> str:
    if effect.change_points is None or part.share is None:
        return f"(n = {part.n})"
    return f"{100 * part.share:.0f}% ({part.chosen}/{part.n})"


def _range(interval: Interval) -> str:
    """Whole points, or tenths where whole ones would read as "0 to"."""
    digits = 0 if interval.lower > 0.5 else 1
    return f"{interval.lower:.{digits}f} to {interval.upper:.{digits}f}"
