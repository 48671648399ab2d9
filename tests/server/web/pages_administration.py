"""The pages of administration, and who is in the organisation that they show."""

from datetime import timedelta

from sqlalchemy.orm import Session

from server.accounts.browsers import open_browser
from server.accounts.grants import grant
from server.accounts.nodes import WHOLE, parse_node
from server.accounts.people import add_person, disable
from server.accounts.rights import Right, Role
from server.accounts.shares import make_share
from server.accounts.tokens import make_token, note_use, revoke_token
from server.accounts.viewer import Viewer, everything
from tests.server.conftest import NOW
from tests.server.web.pages import Page

PEOPLE = Right.MANAGE_PEOPLE
PAGES = [
    Page("/administration"),
    Page("/administration/people", right=PEOPLE),
    Page("/administration/people/{person}", right=PEOPLE),
    Page("/administration/tokens"),
    Page("/administration/share-links", right=Right.SHARE),
    Page("/administration/audit-log", right=Right.SEE_AUDIT_LOG),
    Page("/administration/audit-log", "/administration/audit-log?table=person&to=never", Right.SEE_AUDIT_LOG, 422),
    Page("/accessibility"),
    Page("/api"),
    Page("/api", "/api?part=accounts"),
    Page("/api", "/api?part=figures"),
]


def furnish(figures):
    """Somebody with roles, somebody disabled, somebody who never came; tokens and links in every state."""
    here = figures.organisation_id
    with Session(figures.engine) as session, session.begin():
        ruth = add_person(session, here, "ruth@example.org", "Ruth Okafor-Featherstonehaugh", NOW)
        grant(session, ruth, Role.MANAGER, parse_node(session, here, "service:beds"), "test", NOW)
        leek = parse_node(session, here, "team:leek")
        grant(session, ruth, Role.MATRON, leek, "test", NOW, NOW + timedelta(days=30))
        open_browser(session, ruth, NOW - timedelta(days=2))
        gone = add_person(session, here, "left-last-summer@example.org", "Somebody who left", NOW)
        grant(session, gone, Role.READ_ONLY, leek, "test", NOW)
        disable(session, gone)
        waits = add_person(session, here, "new@example.org", "Somebody new", NOW)
        grant(session, waits, Role.BOARD, WHOLE, "test", NOW)
        maker = Viewer(here, "test", everything(here, "test").reach, ruth.person_id)
        for name, days in (("Board pack, every Monday", 9), ("Nightly copy to the warehouse", 200), ("Trial", 100)):
            until = NOW + timedelta(days=days)
            made, _ = make_token(session, maker, name, frozenset({Right.SEE_FIGURES}), WHOLE, until, NOW)
            if name == "Trial":
                revoke_token(session, made.token, NOW)
            elif days < 100:
                note_use(session, made.token, NOW - timedelta(hours=3))
        until = NOW + timedelta(days=30)
        make_share(session, maker, "Patients' council", "service=beds&period=last-month&granularity=month", until, NOW)
        return {"person": ruth.person_id}
