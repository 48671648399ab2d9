"""Verdicts as tags: never by colour alone, each says its verdict in words."""

from server.api.shapes import Judged
from server.measures.verdict import Verdict

VERDICT_COLOURS = {Verdict.MET: "green", Verdict.MISSED: "orange", Verdict.CANNOT_TELL: "grey"}


def verdict_tag(figures: Judged) -> dict[str, str]:
    """The parameters of a tag for figures held against their target."""
    if figures.suppressed:
        return {"text": "too few", "colour": "white"}
    if figures.verdict is None:
        return {"text": "no data" if figures.n == 0 else "no target", "colour": "white"}
    return {"text": figures.verdict, "colour": VERDICT_COLOURS[Verdict(figures.verdict)]}
