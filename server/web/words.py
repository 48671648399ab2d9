"""Figures in words: the sentences a page says about them, made from the data and from nothing else."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.api.shapes import Judged, Point, TimeseriesAnswer, Totals
from server.measures.positivity import Precision
from server.measures.verdict import Verdict


def count(number: int, noun: str) -> str:
    """"1 response", "1,312 responses"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(value: float | None) -> str:
    """"84.2%", "85%", and a dash where none is published."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0") + "%"
