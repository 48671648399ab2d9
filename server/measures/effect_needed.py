"""How many more responses after an action would tell whether it helped, if people go on answering as they do."""

from server.measures.direction import Better
from server.measures.effect import Conclusion, compare
from server.measures.part import Part

NEEDED_MAX = 5000  # more than that is no help to anybody who waits for them
UNDECIDED = (Conclusion.NOT_SHOWN, Conclusion.BORDERLINE)


def more_needed(before: Part, after: Part, better: Better = Better.HIGHER) -> int | None:
    """About so many more, and `compare` would call the change real; 0: it is decided already or cannot be compared;
    None: not with NEEDED_MAX more, for the change is too small, or too few were asked before.
    """
    if compare(before, after, better).conclusion not in UNDECIDED:
        return 0
    if not _decided(before, after, NEEDED_MAX, better):
        return None
    low, high = 0, NEEDED_MAX
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _decided(before, after, middle, better) else (middle, high)
    return high


def _decided(before: Part, after: Part, more: int, better: Better) -> bool:
    grown = (after.basis + more) / after.basis
    larger = Part(round(after.chosen * grown), round(after.n * grown), after.basis + more)
    return compare(before, larger, better).conclusion not in UNDECIDED
