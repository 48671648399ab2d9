"""What makes passes doubtful when one device's are seen together: bursts, haste, one button, the night, all the best.

Nobody is judged: a child at the buttons, staff who press for others and a patient who cannot see look alike. Doubtful
passes are kept and flagged, left out of the measures by default, put back by whoever looked into it, and their number
is always shown.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Misuse(StrEnum):
    """A reason to doubt a pass."""

    BURST = "many passes in a short time"
    TOO_FAST = "answered faster than anybody reads"
    STRAIGHT_LINE = "pass after pass with one and the same button"
    NIGHT = "given at night"
    ALL_BEST = "pass after pass with only the best answers"


class DevicePass(NamedTuple):
    """One pass through the questions on one device, in the order of its journal."""

    begun_at: datetime | None  # in the organisation's own time, with its zone; None where the clock was not set
    duration_s: float | None
    answers: tuple[int | None, ...]  # the option's number, by question; None: skipped or timed out
    best: tuple[bool, ...]  # whether that answer is the best of its question


class MisuseSettings(NamedTuple):
    """When to doubt. The first three are what the devices themselves go by."""

    too_fast_s: float = 1.0  # a question; nobody reads it faster
    burst_passes: int = 5
    burst_question_s: float = 8.0  # so many passes in less than so long a question are no queue of people
    # Satisfied people press "excellent" all through, so one such pass says nothing. Six in a row with the same button,
    # or ten with only the best, are rare even where half of all passes look so (1 in 64, 1 in 1024).
    straight_line_passes: int = 6
    all_best_passes: int = 10
    questions_from: int = 3  # of fewer questions every pass is a straight line
    night_from_hour: int | None = 23  # None for teams that work at night
    night_to_hour: int = 5


DEFAULT_SETTINGS = MisuseSettings()


def find_misuse(
    passes: Sequence[DevicePass], settings: MisuseSettings = DEFAULT_SETTINGS
) -> tuple[frozenset[Misuse], ...]:
    """The reasons to doubt each pass of one device, in the order given. `passes`: all of them, in journal order.

    Every pass of a run is flagged, also its first. A pass without a time is in no burst and no night. Raises
    ValueError for a run below 2 passes, and for passes whose answers and bests differ in number.
    Sources: the original programme's rules for its devices; HappyOrNot keeps and counts misuse the same way.
    """
    if min(settings.burst_passes, settings.straight_line_passes, settings.all_best_passes) < 2:
        raise ValueError(f"a run is at least 2 passes long, got {settings}")
    for one in passes:
        if len(one.answers) != len(one.best):
            raise ValueError(f"every answer is the best or not, got {one}")
    found: list[set[Misuse]] = [set() for _ in passes]
    for index, one in enumerate(passes):
        if _too_fast(one, settings):
            found[index].add(Misuse.TOO_FAST)
        if _at_night(one, settings):
            found[index].add(Misuse.NIGHT)
    runs = (
        (Misuse.BURST, _bursts(passes, settings)),
        (Misuse.STRAIGHT_LINE, _runs(passes, _single_button(settings), settings.straight_line_passes)),
        (Misuse.ALL_BEST, _runs(passes, _all_best(settings), settings.all_best_passes)),
    )
    for reason, indices in runs:
        for index in indices:
            found[index].add(reason)
    return tuple(frozenset(reasons) for reasons in found)


def _too_fast(one: DevicePass, settings: MisuseSettings) -> bool:
    given = sum(answer is not None for answer in one.answers)
    complete = given == len(one.answers) > 0
    return complete and one.duration_s is not None and one.duration_s < settings.too_fast_s * given


def _at_night(one: DevicePass, settings: MisuseSettings) -> bool:
    if settings.night_from_hour is None or one.begun_at is None:
        return False
    begin, end, hour = settings.night_from_hour, settings.night_to_hour, one.begun_at.hour
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def _bursts(passes: Sequence[DevicePass], settings: MisuseSettings) -> Iterator[int]:
    """Windows of `burst_passes` passes that began and ended within too short a time."""
    for start in range(len(passes) - settings.burst_passes + 1):
        window = passes[start : start + settings.burst_passes]
        begun, last = window[0].begun_at, window[-1].begun_at
        if begun is None or last is None or any(one.begun_at is None for one in window):
            continue
        # In UTC: two local times of one zone are subtracted as if no clock had been changed between them.
        took = last.astimezone(UTC) - begun.astimezone(UTC) + timedelta(seconds=window[-1].duration_s or 0)
        allowed = settings.burst_passes * settings.burst_question_s * max(len(one.answers) for one in window)
        if timedelta(0) <= took < timedelta(seconds=allowed):
            yield from range(start, start + settings.burst_passes)


def _runs(passes: Sequence[DevicePass], mark_of: Callable[[DevicePass], int | None], length: int) -> Iterator[int]:
    """Indices in runs of at least `length` passes that bear one and the same mark."""
    start = 0
    marks = [mark_of(one) for one in passes]
    for end in range(1, len(marks) + 1):
        if end < len(marks) and marks[end] == marks[start]:
            continue
        if marks[start] is not None and end - start >= length:
            yield from range(start, end)
        start = end


def _single_button(settings: MisuseSettings) -> Callable[[DevicePass], int | None]:
    def mark(one: DevicePass) -> int | None:
        buttons = set(one.answers)
        enough = len(one.answers) >= settings.questions_from
        return next(iter(buttons)) if enough and len(buttons) == 1 else None

    return mark


def _all_best(settings: MisuseSettings) -> Callable[[DevicePass], int | None]:
    def mark(one: DevicePass) -> int | None:
        return 1 if len(one.best) >= settings.questions_from and all(one.best) else None

    return mark
