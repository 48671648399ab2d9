"""All pages together, and what furnishes the organisation for them: one line for each package of pages."""

from tests.server.web import pages_administration, pages_figures, pages_improving, pages_reports
from tests.server.web.pages import BASIC

PAGES = [*BASIC, *pages_figures.PAGES, *pages_improving.PAGES, *pages_reports.PAGES, *pages_administration.PAGES]
FURNISH = [pages_figures.furnish, pages_improving.furnish, pages_administration.furnish]
