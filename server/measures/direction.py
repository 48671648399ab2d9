"""Which way is better: the same rise is good news of positivity and bad news of "fair or poor"."""

from enum import StrEnum


class Better(StrEnum):
    """The direction of improvement of a figure."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    NEITHER = "neither is better"
