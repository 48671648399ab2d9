"""Every page that people see, who may see it, and what the organisation of the browser's tests holds for it.

Each package of pages has a module of its own like this one beside it, with PAGES and, where its pages need rows,
`furnish(figures)`; both are added in every_page.py. A page that is in no table fails test_pages.py.
"""

from typing import NamedTuple

from server.accounts.rights import Right


class Page(NamedTuple):
    """One page. `path` may hold {words} that a `furnish` gives; `right`: what it needs, None: to be signed in."""

    route: str  # as the route table has it
    path: str = ""  # with its question; without one, the route
    right: Right | None = None
    status: int = 200

    @property
    def address(self):
        """What is opened, before its words are filled in."""
        return self.path or self.route


BASIC = [
    Page("/", right=Right.SEE_FIGURES),
    Page("/", "/?service=beds&question=food&granularity=month", Right.SEE_FIGURES),
    Page("/", "/?period=never", Right.SEE_FIGURES, 422),
    Page("/try"),
    Page("/password"),
    Page("/sign-in"),
    Page("/sign-out"),
]
# Pages that only redirect, or are tested where what they show is made.
ELSEWHERE = {
    "/sign-in/openid",
    "/sign-in/openid/return",
    "/shared/{secret}",
    "/reports/{report}",
    "/unsubscribe/{secret}",
    "/d/{serial:path}",
    "/questionnaires/{questionnaire}/versions/{version}/screens/{screen}.png",
    "/questionnaires/{questionnaire}/versions/{version}/file",
    "/questionnaires/{questionnaire}/draft/screens/{screen}.png",
    "/questionnaires/{questionnaire}/draft/toml",
}
