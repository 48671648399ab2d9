"""Many tests at once: which of them are found out although so many were made."""

from collections.abc import Sequence

FALSE_SHARE = 0.05  # of what is called a finding, so much may be chance on average


def discoveries(p_values: Sequence[float], false_share: float = FALSE_SHARE) -> tuple[bool, ...]:
    """Which tests stand, in the order given: all p up to the largest p(k) <= k / m * false_share of the sorted ones.

    Raises ValueError for a p or a share outside 0..1. Source: Benjamini and Hochberg 1995 (JRSS B 57).
    """
    if any(not 0 <= p <= 1 for p in p_values) or not 0 <= false_share <= 1:
        raise ValueError(f"every p is within 0 and 1, got {list(p_values)} and a share of {false_share}")
    m = len(p_values)
    standing = [p for k, p in enumerate(sorted(p_values), start=1) if p <= k / m * false_share]
    bound = max(standing, default=-1.0)
    return tuple(p <= bound for p in p_values)
