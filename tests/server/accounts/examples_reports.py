"""The examples of reports and subscriptions: reports of the service beds, of which leek is one team."""

from server.accounts.rights import Role
from tests.server.accounts.example import V1, Example

NEW = {"kind": "commissioner", "month": "2026-10", "service": "beds"}
# Of one team of a service nobody may read what is of all of it; of another directorate it is not there at all.
WHOLE_ISSUERS = {Role.ADMINISTRATOR: 200, Role.MANAGER: 200}

EXAMPLES = [
    Example(f"POST {V1}/reports", json=NEW, inside=403, outside=404, whole=202, makes="report"),
    Example(f"GET {V1}/reports"),
    Example(f"GET {V1}/reports/{{report}}", inside=404, of_whole=WHOLE_ISSUERS),  # a draft
    Example(f"GET {V1}/reports/{{report}}.pdf", inside=404, of_whole=WHOLE_ISSUERS),
    Example(f"GET {V1}/reports/{{report}}.xlsx", inside=404, of_whole=WHOLE_ISSUERS),
    Example(f"POST {V1}/reports/{{report}}/issue", inside=404, whole=200),
    Example(f"POST {V1}/reports/{{report}}/reissue", json={"reason": "late data"}, inside=404, whole=409),
    Example(
        f"POST {V1}/reports/{{report}}/acknowledge",
        inside=404,
        of_whole={Role.ADMINISTRATOR: 409, Role.MANAGER: 409},
    ),
    # --- the pages
    Example("GET /reports"),
    Example("POST /reports", data=NEW, inside=422, whole=303),
    Example("GET /reports/{report}", inside=404, of_whole=WHOLE_ISSUERS),
    Example("POST /reports/{report}/issue", inside=404, whole=303),
    Example("POST /reports/{report}/reissue", data={"reason": "late data"}, inside=404, whole=409),
    Example(
        "POST /reports/{report}/acknowledge",
        inside=404,
        of_whole={Role.ADMINISTRATOR: 409, Role.MANAGER: 409},
    ),
    Example("POST /subscriptions", data={"what": "monthly"}, inside=303),
    Example("GET /unsubscribe/{secret}", inside=404),  # what a link that there is does is tested with mails
    Example("POST /unsubscribe/{secret}", inside=404),
    # --- one's own; that of the scene's somebody of leek is there for who issues reports everywhere
    Example(f"POST {V1}/subscriptions", json={"what": "digest"}, inside=201, makes="subscription"),
    Example(f"GET {V1}/subscriptions", hides=("omnipotent",)),
    Example(
        f"DELETE {V1}/subscriptions/{{subscription}}",
        inside=404,
        of_whole={Role.ADMINISTRATOR: 204, Role.MANAGER: 204},
    ),
    Example(
        "POST /subscriptions/{subscription}/end",
        inside=404,
        of_whole={Role.ADMINISTRATOR: 303, Role.MANAGER: 303},
    ),
]
