"""The pages of the fleet, and a fleet in which not all is well."""

from server.accounts.rights import Right
from tests.server.web.fleet.scene import furnish
from tests.server.web.pages import Page

__all__ = ["PAGES", "furnish"]

FLEET = Right.SEE_FLEET
PAGES = [
    Page("/fleet", right=FLEET),
    Page("/fleet", "/fleet?state=any&order=battery&needs=anything", FLEET),
    Page("/fleet", "/fleet?order=never", FLEET, 422),
    Page("/fleet/roll-out", right=FLEET),
    Page("/fleet/{device:path}", "/fleet/{device}", FLEET),
]
