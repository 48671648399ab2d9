"""The interval of a difference between two proportions: how much better or worse, and how sure that is."""

from math import sqrt

from server.measures.wilson import Z_95, Interval, wilson_interval


def newcombe_interval(first: float, first_n: float, second: float, second_n: float, z: float = Z_95) -> Interval | None:
    """The interval of first / first_n - second / second_n, -1..1; None where either n is 0.

    L = d - sqrt((p1 - l1)^2 + (u2 - p2)^2), U = d + sqrt((u1 - p1)^2 + (p2 - l2)^2), with Wilson's bounds l, u of each
    proportion and no continuity correction: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998,
    method 10). Raises ValueError unless each count is within 0 and its n.
    """
    one, two = wilson_interval(first, first_n, z), wilson_interval(second, second_n, z)
    if one is None or two is None:
        return None
    p1, p2 = first / first_n, second / second_n
    difference = p1 - p2
    lower = difference - sqrt((p1 - one.lower) ** 2 + (two.upper - p2) ** 2)
    upper = difference + sqrt((one.upper - p1) ** 2 + (p2 - two.lower) ** 2)
    return Interval(max(-1.0, lower), min(1.0, upper))  # a last digit may stray
