"""The variation and assurance icons of a report as small pictures: a shape or letter each, never a colour alone."""

from typing import NamedTuple

from server.measures.chart import Assurance
from server.web.control_chart import shape_path

SIZE = 24
FAMILY = "Roboto, arial, sans-serif"
COLOURS = {"improvement": "#0072b5", "concern": "#bd4f00", "common": "#5f707b"}  # as static/chart.css
LETTERS = {
    Assurance.PASS: ("P", "improvement"),
    Assurance.FAIL: ("F", "concern"),
    Assurance.HIT_OR_MISS: ("?", "common"),
}


class Icon(NamedTuple):
    """A picture with the words that say the same."""

    svg: str
    text: str


def variation_icon(words: str) -> Icon:
    """Of measures/icons.py's words for a chart's latest point."""
    shape = "improvement" if "improving" in words else "concern" if "concerning" in words else "common"
    path = shape_path(shape, SIZE / 2, SIZE / 2, 7.0)
    return Icon(_framed(f'<path d="{path}" fill="{COLOURS[shape]}"/>'), words)


def assurance_icon(words: str | None) -> Icon | str:
    """Of whether the limits in force lie beyond the target; without either there is nothing to say."""
    if words is None:
        return "cannot be said"
    letter, shape = LETTERS[Assurance(words)]
    ring = f'<circle cx="12" cy="12" r="10" fill="none" stroke="{COLOURS[shape]}" stroke-width="2.5"/>'
    text = f'<text x="12" y="17" font-size="14" font-family="{FAMILY}" text-anchor="middle">{letter}</text>'
    return Icon(_framed(ring + text), words)


def _framed(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}" '
        f'aria-hidden="true">{inside}</svg>'
    )
