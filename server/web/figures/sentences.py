"""Sentences of the pages of figures, made from the data and from nothing else."""

from server.api.shapes import Comparison
from server.web.words import count, percent

AS_EVERYBODY = "There, months that are over count, and small numbers are left out."


def beside_organisation(found: Comparison | None) -> str | None:
    """How the figures stand beside all the organisation's; None where nothing is compared."""
    if found is None:
        return None
    if found.positivity is None:
        return "The whole organisation has too few responses to compare with."
    theirs = f"{percent(found.positivity)} of {count(found.n, 'answer')} in {count(found.responses, 'response')}"
    if found.difference_points is None:
        return f"In the whole organisation: {theirs}. {AS_EVERYBODY}"
    points = abs(found.difference_points)
    side = "above" if found.difference_points > 0 else "below"
    where = "the same as" if not points else f"{points:.1f} percentage points {side}"
    return f"That is {where} the whole organisation, these answers among them: {theirs}. {AS_EVERYBODY}"
