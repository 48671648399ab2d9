"""Before the first answer, and for somebody from outside on the first day of an action: every page still opens."""

import pytest

from server.accounts.rights import RIGHTS, Role
from tests.server.conftest import NOW
from tests.server.web.improving.scene import furnish
from tests.server.web.pages_improving import PAGES


@pytest.mark.parametrize("role", [Role.MANAGER, Role.BOARD])
def test_every_page_opens_before_anybody_has_answered(figures, sender, be, role):
    words = furnish(figures)
    sender.post("/actions", {"concern": words["concern"], "title": "Just begun", "started_on": str(NOW.date())})
    be(role)
    for page in PAGES:
        if page.right is None or page.right in RIGHTS[role]:
            text = sender.page(page.address.format(**words))
            assert "nan" not in text.lower().split()
    told = sender.page(f"/improve/concerns/{words['concern']}")
    assert "Nobody answered in one of the two spans yet." in told


def test_an_organisation_with_nothing_at_all_says_so(figures, sender):
    assert figures.organisation_id
    page = sender.page("/improve")
    for sentence in ("No concern is open.", "No step is open.", "No audit is due.", "No text waits."):
        assert sentence in page
    assert "No checklist for staff is published yet" in sender.page("/improve/audits")
    assert "None is recorded." in sender.page("/improve/meeting/leek")
