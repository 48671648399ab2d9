"""Examples of the routes about devices, questionnaires, targets and imports; the device is placed with leek."""

import tomllib

from tests.parts import ROOT
from tests.server.accounts.example import V1, Example

AUDIT = "audit-hand-hygiene"
DRAFT = tomllib.loads((ROOT / f"deploy/demo/questionnaires/{AUDIT}.toml").read_text(encoding="utf-8"))
CSV = (
    b"answered_at,team,questionnaire,version,food,hands,overall\n2026-02-02T09:15:00Z,leek,core,1,option 1,option 1,\n"
)

EXAMPLES = [
    Example(f"GET {V1}/targets"),
    Example(
        f"POST {V1}/targets",
        json={"value": "85", "from": "2026-11-01", "scope": "team", "name": "leek"},
        inside=201,
        outside=404,
    ),
    Example(f"GET {V1}/rebases", hides=("New menu",)),
    Example(
        f"POST {V1}/rebases",
        json={"day": "2026-10-05", "reason": "New menu", "scope": "team", "name": "leek"},
        inside=409,  # on record already: by whoever made it for the paths
        outside=404,
        makes="rebase",
        number="rebase",
    ),
    Example(f"DELETE {V1}/rebases/{{rebase}}", inside=204, outside=404),
    Example(f"GET {V1}/league/areas", hides=("leek", "beds")),
    Example(
        f"PUT {V1}/league/areas",
        json={"scope": "team", "name": "leek", "opted_in": False},
        outside=404,
    ),
    Example(f"GET {V1}/devices", hides=("PET-1",)),
    Example(f"GET {V1}/devices/{{device}}", outside=404),
    Example(f"GET {V1}/devices/{{device}}/health", outside=404),
    Example(f"GET {V1}/alerts", hides=("PET-1",)),
    Example(f"POST {V1}/alerts/{{alert}}/ack", outside=404),
    Example(f"POST {V1}/devices", json={"serial": "PET-9"}, inside=403, whole=201),
    Example(f"PATCH {V1}/devices/{{device}}", json={"state": "lost"}, outside=404),
    Example(
        f"POST {V1}/devices/{{device}}/moves",
        json={"team": "leek", "location": "ward", "from_at": "2026-11-23T08:45:00Z"},
        inside=201,
        outside=404,
    ),
    Example(
        f"POST {V1}/devices/{{device}}/commands",
        json={"settings": {"sync_every_s": 600}},
        inside=202,
        outside=404,
    ),
    Example(f"GET {V1}/placements", hides=("PET-1",)),
    Example(
        f"POST {V1}/placements",
        # a device without a team is the whole organisation's
        json={"device": "{spare}", "team": "leek", "location": "ward", "from_at": "2026-11-23T08:00:00Z"},
        inside=409,  # it is placed there by now
        outside=404,
        makes="placement",
    ),
    Example(f"PATCH {V1}/placements/{{placement}}", json={"until_at": "2026-11-23T08:30:00Z"}, outside=404),
    # a new device is the whole organisation's
    Example(f"POST {V1}/enrolment-tokens", json={"count": 2}, inside=403, whole=201),
    Example(f"POST {V1}/enrolments", json={"mac": "24:0A:C4:00:00:01"}, inside=401),  # without a token
    Example(f"GET {V1}/questionnaires"),
    Example(f"GET {V1}/questionnaires/{{questionnaire}}"),
    Example(f"GET {V1}/questionnaires/{{questionnaire}}/versions/{{version}}"),
    Example(f"GET {V1}/questionnaires/{{questionnaire}}/versions/{{version}}/package"),
    # questionnaires are the whole organisation's: who manages a part of the fleet reads them only
    Example(f"POST {V1}/questionnaires", json={"definition": DRAFT}, inside=403, whole=409, makes="questionnaire"),
    Example(
        f"PUT {V1}/questionnaires/{{questionnaire}}",
        json={"revision": 1, "definition": DRAFT},
        inside=403,
        whole=200,
    ),
    Example(f"POST {V1}/questionnaires/{{questionnaire}}/publish", json={"revision": 1}, inside=403, whole=201),
    Example(
        f"POST {V1}/imports",
        content=CSV,
        headers={"content-type": "text/csv"},
        query={"source": "matrix", "mode": "paper"},
        inside=201,
        outside=422,
        makes="number",
        number="import",
    ),
    Example(f"GET {V1}/imports"),
    Example(f"GET {V1}/imports/{{number}}", outside=404),
    Example(f"GET {V1}/imports/{{number}}/file", outside=404),
    Example(f"DELETE {V1}/imports/{{number}}", outside=404),
]
