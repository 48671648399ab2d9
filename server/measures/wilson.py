"""The Wilson score interval: how far a proportion of few answers can be from the truth."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

Z_95 = 1.959964  # 95 % of a normal distribution lies within this many standard deviations
Z_998 = 3.090232  # 99.8 %, for automatic concerns: many tests are made at once
Z_OF_CONFIDENCE = {95.0: Z_95, 99.8: Z_998}  # rounded as the public-health tables print them


class Interval(NamedTuple):
    """Both ends of a proportion's interval, 0..1."""

    lower: float
    upper: float


def z_of(confidence_percent: float) -> float:
    """How many standard deviations of a normal distribution, both ways, hold `confidence_percent` of it.

    Raises ValueError unless 0 < confidence_percent < 100.
    """
    if not 0 < confidence_percent < 100:
        raise ValueError(f"a confidence is between 0 and 100 %, got {confidence_percent}")
    return Z_OF_CONFIDENCE.get(confidence_percent) or NormalDist().inv_cdf(0.5 + confidence_percent / 200)


def wilson_interval(positive: float, n: float, z: float = Z_95) -> Interval | None:
    """The interval of `positive` out of `n`; None where n is 0, for then nothing is known.

    (2x + z^2 -/+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)), the form NHS and UKHSA use. x = 0 gives exactly 0
    below and x = n exactly 1 above. `positive` may be fractional: pooled answers weighed by responses are.
    `z`: standard deviations, see z_of. Raises ValueError unless 0 <= positive <= n. Source: Wilson 1927 (JASA 22).
    """
    if n < 0 or not 0 <= positive <= n:
        raise ValueError(f"positive must be within 0 and n, got {positive} of {n}")
    if n == 0:
        return None
    spread = z * sqrt(z**2 + 4 * positive * (1 - positive / n))
    divisor = 2 * (n + z**2)
    if positive == 0:
        return Interval(0.0, (z**2 + spread) / divisor)
    if positive == n:
        return Interval((2 * positive + z**2 - spread) / divisor, 1.0)
    lower = (2 * positive + z**2 - spread) / divisor
    upper = (2 * positive + z**2 + spread) / divisor
    return Interval(max(0.0, lower), min(1.0, upper))  # a last digit may stray
