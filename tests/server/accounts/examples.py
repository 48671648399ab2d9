"""The examples of all routes: those about accounts and pages here, others in files of their own."""

from server.accounts.rights import Role
from tests.server.accounts import (
    examples_administration,
    examples_figures,
    examples_fleet,
    examples_fleet_pages,
    examples_improvement,
    examples_improving,
    examples_questionnaires,
    examples_reports,
)
from tests.server.accounts.example import V1, Example

TOMORROW = "2026-11-24T09:00:00Z"

EXAMPLES = [
    Example("GET /healthz"),
    Example("GET /readyz"),
    Example("GET /metrics", inside=403, whole=200),
    Example(f"GET {V1}/public/{{slug}}"),
    Example("GET /sign-in"),
    Example("POST /sign-in", data={"email": "", "password": ""}, inside=422),
    Example("GET /sign-in/openid", inside=404),  # no provider is set here
    Example("GET /sign-in/openid/return", inside=404),
    Example("GET /sign-out"),
    Example("POST /sign-out", inside=303),
    Example("GET /password"),
    Example("POST /password", data={"old": "wrong", "new": "wrong"}, inside=422),
    Example("GET /"),
    Example("GET /try"),
    Example("GET /shared/{secret}", inside=404),  # what a link that there is shows is tested with share links
    Example(f"GET {V1}/session"),
    Example(f"POST {V1}/session", json={"email": "nobody@example.org"}, inside=422),
    Example(f"DELETE {V1}/session", inside=204),
    Example(f"PUT {V1}/session/password", json={"old": "wrong", "new": "wrong"}, inside=422),
    # --- people: the scene has one with a role on leek, whose number and grant the paths name
    Example(f"GET {V1}/people", hides=("ofleek@example.org",)),
    Example(
        f"POST {V1}/people",
        json={"email": "new@example.org", "name": "New", "role": "matron", "on": "team:leek"},
        inside=201,
        outside=422,
    ),
    Example(f"PATCH {V1}/people/{{person}}", json={"state": "disabled"}, outside=404),
    Example(f"POST {V1}/people/{{person}}/grants", json={"role": "matron", "on": "team:leek"}, inside=201, outside=404),
    Example(f"DELETE {V1}/people/{{person}}/grants/{{grant}}", inside=204, outside=404),
    Example(f"POST {V1}/people/{{person}}/password", inside=201, outside=404),
    # --- tokens and links: one's own, so those of the scene are there for who manages people everywhere
    Example(f"GET {V1}/tokens", hides=("of the scene",)),
    Example(
        f"POST {V1}/tokens",
        json={"name": "mine", "rights": ["see figures"], "on": "team:leek", "expires_at": TOMORROW},
        inside=201,
        outside=422,
    ),
    Example(f"DELETE {V1}/tokens/{{token}}", inside=404, of_whole={Role.ADMINISTRATOR: 204}),
    Example(f"GET {V1}/shares", hides=("of the scene",)),
    Example(
        f"POST {V1}/shares",
        json={"name": "board", "query": "period=last-month&granularity=month", "expires_at": TOMORROW},
        inside=201,
    ),
    Example(f"DELETE {V1}/shares/{{share}}", inside=404, of_whole={Role.ADMINISTRATOR: 204}),
    Example(f"GET {V1}/shared/{{secret}}", inside=404),
    *examples_figures.EXAMPLES,
    *examples_improvement.EXAMPLES,
    *examples_fleet.EXAMPLES,
    *examples_fleet_pages.EXAMPLES,
    *examples_reports.EXAMPLES,
    *examples_improving.EXAMPLES,
    *examples_administration.EXAMPLES,
    *examples_questionnaires.EXAMPLES,
]
