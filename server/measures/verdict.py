"""The verdict against a target: met, missed or cannot tell yet; never a colour on too few answers."""

from enum import StrEnum
from math import ceil

from server.measures.positivity import Positivity, Precision
from server.measures.wilson import Z_95


class Verdict(StrEnum):
    """What the interval allows to be said about the target."""

    MET = "met"
    MISSED = "missed"
    CANNOT_TELL = "cannot tell yet"


def verdict(measured: Positivity, target_percent: float | None) -> Verdict | None:
    """MET when the whole interval is at or above the target, MISSED when below, else CANNOT_TELL.

    `target_percent`: 0..100. None where there is nothing to judge: no target, or no answers at all; CANNOT_TELL where
    too few answered for a percentage. Source: Wilson's interval (wilson.py), on the cautious n of positivity().
    """
    if target_percent is None or measured.precision is Precision.NO_DATA:
        return None
    interval = measured.interval_percent
    if interval is None:
        return Verdict.CANNOT_TELL
    if interval.lower >= target_percent:
        return Verdict.MET
    return Verdict.MISSED if interval.upper < target_percent else Verdict.CANNOT_TELL


def at_or_above(measured: Positivity, target_percent: float | None) -> bool | None:
    """The point estimate against the target, chance left aside, as a contract may count it. `target_percent`: 0..100.
    None where there is nothing to compare.
    """
    if measured.percent is None or target_percent is None:
        return None
    return measured.percent >= target_percent


def responses_needed(measured: Positivity, target_percent: float | None, z: float = Z_95) -> int | None:
    """How many more responses at the same positivity would turn "cannot tell yet" into a verdict.

    Wilson's interval excludes a target t exactly when n >= z^2 t (1 - t) / (p - t)^2. None where that is not
    a question (verdict reached, nothing published) or never happens (positivity equals the target). Responses, at
    least 1; `target_percent` 0..100, `z` as of the interval. Source: Wilson's interval solved for n.
    """
    if measured.percent is None or target_percent is None:
        return None
    if verdict(measured, target_percent) is not Verdict.CANNOT_TELL:
        return None
    share, target = measured.percent / 100, target_percent / 100
    if share == target:
        return None
    needed = ceil(z**2 * target * (1 - target) / (share - target) ** 2)
    return max(1, needed - measured.basis)
