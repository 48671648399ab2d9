"""All pages together, and what furnishes the organisation for them: one line for each package of pages."""

from tests.server.web import (
    pages_administration,
    pages_figures,
    pages_fleet,
    pages_improving,
    pages_questionnaires,
    pages_reports,
)
from tests.server.web.pages import BASIC

PAGES = [
    *BASIC,
    *pages_administration.PAGES,
    *pages_figures.PAGES,
    *pages_fleet.PAGES,
    *pages_improving.PAGES,
    *pages_questionnaires.PAGES,
    *pages_reports.PAGES,
]
FURNISH = [
    pages_administration.furnish,
    pages_figures.furnish,
    pages_fleet.furnish,
    pages_improving.furnish,
    pages_questionnaires.furnish,
]
