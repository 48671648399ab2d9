"""The pages of improvement, and the story that they tell."""

from server.accounts.rights import Right
from tests.server.web.improving.scene import furnish
from tests.server.web.pages import Page

__all__ = ["PAGES", "furnish"]

FIGURES, IMPROVE, DETAIL = Right.SEE_FIGURES, Right.IMPROVE, Right.SEE_DETAIL
PAGES = [
    Page("/improve", right=FIGURES),
    Page("/improve", "/improve?by=service&period=all", FIGURES),
    Page("/improve/concerns/new", right=IMPROVE),
    Page("/improve/concerns/{concern}", right=FIGURES),
    Page("/improve/audits", right=FIGURES),
    Page("/improve/audits/{audit}", right=FIGURES),
    Page("/improve/audits/{audit}/enter", right=IMPROVE),
    Page("/improve/meeting/{team}", right=DETAIL),
    Page("/improve/recognition", right=FIGURES),
    Page("/improve/recognition/{recognition}", right=FIGURES),
    Page("/improve/you-said", right=FIGURES),
    Page("/p/{slug}"),
    Page("/p/{slug}/poster"),
]
