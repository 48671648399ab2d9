"""How answers are spread over the options of one question: each option's share with its own interval."""

from collections.abc import Sequence
from typing import NamedTuple

from server.measures.positivity import PUBLISH_FROM
from server.measures.wilson import Z_95, Interval, wilson_interval


class Share(NamedTuple):
    """One option's part of the answers. `share` 0..1, unrounded; None with its interval where n is too small."""

    chosen: int
    n: int
    share: float | None
    interval: Interval | None


def distribution(counts: Sequence[int], z: float = Z_95, percent_from: int = PUBLISH_FROM) -> tuple[Share, ...]:
    """Each option's share of the answers to one question, in the order given, with Wilson's interval.

    `counts`: answers by option; who wants "don't know" outside the denominator leaves it out of them. One person
    gives one answer to one question, so n is people and needs no correction. Fewer than `percent_from` answers give
    no share. The intervals are each option's own: that they hold all at once is not claimed. Raises ValueError for a
    negative count. Source: Wilson 1927, see wilson.py.
    """
    if any(count < 0 for count in counts):
        raise ValueError(f"no option can have fewer than 0 answers, got {list(counts)}")
    n = sum(counts)
    if n < max(1, percent_from):
        return tuple(Share(count, n, None, None) for count in counts)
    return tuple(Share(count, n, count / n, wilson_interval(count, n, z)) for count in counts)
