"""A year of answers in two services, as tests of the statistics share it."""

from datetime import date, timedelta

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from tests.server.figures import Pass

FIRST_MONDAY = date(2026, 1, 5)
WEEKS = 46  # to the week of 16 November, the last one that is over
PATTERNS = ((1, 1, 1), (2, 1, 2), (1, 2, 4), (3, 3, 1), (5, 1, 14))  # answers to food, hands, overall


def enter_year(figures, weekly=12):
    """Devices of haywood, leek and north; one placed without answers. Returns their names."""
    names = [figures.device(f"PET-{number}", team=team) for number, team in enumerate(("haywood", "leek", "north"))]
    silent = figures.device("PET-SILENT", team="north")
    passes = []
    for week in range(WEEKS):
        monday = FIRST_MONDAY + timedelta(weeks=week)
        for place, (device, team) in enumerate(zip(names, ("haywood", "leek", "north"), strict=True)):
            for number in range(weekly):
                answers = PATTERNS[(number + week * place) % len(PATTERNS)]
                passes.append(Pass(device, monday + timedelta(days=number % 7), answers, team=team))
    figures.enter(passes)
    figures.target("0.85")
    return [*names, silent]


def outsider(figures):
    """Somebody who sees all figures from outside: a commissioner, a member of the board."""
    return Viewer(figures.organisation_id, "commissioner", {Right.SEE_FIGURES: None})


def insider(figures, *teams):
    """Somebody inside these teams, who sees no others."""
    own = frozenset(figures.teams[team] for team in teams)
    return Viewer(figures.organisation_id, "manager", dict.fromkeys((Right.SEE_FIGURES, Right.SEE_DETAIL), own))
