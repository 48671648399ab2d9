"""The pages of questionnaires, and what the organisation has published, drafted and assigned."""

from server.accounts.rights import Right
from tests.server.web.pages import Page
from tests.server.web.questionnaires.scene import furnish

__all__ = ["PAGES", "furnish"]

SEE, MANAGE = Right.SEE_FLEET, Right.MANAGE_FLEET
PAGES = [
    Page("/questionnaires", right=SEE),
    Page("/questionnaires/{questionnaire}", right=SEE),
    Page("/questionnaires/{questionnaire}/versions/{version}", right=SEE),
    Page(
        "/questionnaires/{questionnaire}/versions/{version}",
        "/questionnaires/{questionnaire}/versions/{version}?language=cy",
        SEE,
    ),
    *(
        Page(route, right=MANAGE)
        for route in (
            "/new-questionnaire",
            "/questionnaires/{questionnaire}/draft",
            "/questionnaires/{questionnaire}/draft/questions/{position}",
            "/questionnaires/{questionnaire}/draft/words/{language}",
            "/questionnaires/{questionnaire}/draft/file",
            "/questionnaires/{questionnaire}/draft/publish",
        )
    ),
    Page(
        "/questionnaires/{questionnaire}/assign",
        "/questionnaires/{questionnaire}/assign?version=2&place=organisation",
        MANAGE,
    ),
]
