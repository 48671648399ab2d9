"""Examples of the pages of administration; the scene has one with a role on leek, a token and a share link."""

from server.accounts.rights import Role
from tests.server.accounts.example import Example

NEW = {"email": "also@example.org", "name": "Also", "role": "matron", "on": "team:leek"}
GRANT = {"role": "manager", "on": "team:leek"}
TOKEN = {"name": "mine", "right-see-figures": "see figures", "on": "team:leek", "expires_at": "2026-12-24"}
SHARE = {"name": "board", "period": "month", "expires_at": "2026-12-24"}

EXAMPLES = [
    Example("GET /administration", hides=("ofleek",)),
    Example("GET /administration/people", hides=("ofleek@example.org", "team:leek")),
    Example("POST /administration/people", data=NEW, outside=422),
    Example("GET /administration/people/{person}", outside=404),
    Example("POST /administration/people/{person}/grants", data=GRANT, inside=303, outside=404),
    Example("POST /administration/people/{person}/grants/{grant}/revoke", data={}, inside=303, outside=404),
    Example("POST /administration/people/{person}/state", data={"state": "disabled"}, inside=303, outside=404),
    Example("POST /administration/people/{person}/password", data={}, outside=404),
    Example("GET /administration/tokens", hides=("of the scene",)),
    Example("POST /administration/tokens", data=TOKEN, outside=422),
    Example("POST /administration/tokens/{token}/revoke", data={}, inside=404, of_whole={Role.ADMINISTRATOR: 303}),
    Example("GET /administration/share-links", hides=("of the scene",)),
    Example("POST /administration/share-links", data=SHARE),
    Example("POST /administration/share-links/{share}/revoke", data={}, inside=404, of_whole={Role.ADMINISTRATOR: 303}),
    Example("GET /administration/audit-log", inside=403, whole=200),
    Example("POST /administration/audit-log/verify", data={}, inside=403, whole=303),
    Example("GET /accessibility"),
    Example("GET /api"),
]
