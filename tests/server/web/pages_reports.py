"""The pages of reports; those of one report need one that was built: tests/server/reports/test_in_browser.py."""

from server.accounts.rights import Right
from tests.server.web.pages import Page

PAGES = [Page("/reports", right=Right.SEE_FIGURES)]
