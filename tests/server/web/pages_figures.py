"""The pages of figures, for the browser's tests."""

from server.accounts.rights import Right
from tests.server.web.pages import Page

SEE = Right.SEE_FIGURES
PAGES = [
    Page("/league", right=SEE),
    Page("/league", "/league?period=2026-10&by=service", SEE),
    Page("/services/{service}", "/services/beds", SEE),
    Page("/services/{service}", "/services/beds?period=2026-10&granularity=month&question=food", SEE),
    Page("/teams/{team}", "/teams/leek", SEE),
    Page("/devices/{device}", right=SEE),
    Page("/questions/{question}", "/questions/food?service=beds&granularity=month", SEE),
    Page("/objectives/{objective}", "/objectives/good-food", SEE),
]


def furnish(figures):
    """An objective that a question serves; two teams in the league."""
    figures.opt_in(team="leek")
    figures.opt_in(service="home")
    figures.objective("good-food", "Serve food that people enjoy", "food")
