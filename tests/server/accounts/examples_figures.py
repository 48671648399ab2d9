"""Examples of the routes that answer with figures, single responses and what proves them; all asked about leek."""

from tests.server.accounts.example import V1, Example

# Whole finished months: what somebody from outside the teams may ask about too.
ABOUT = {"team": "leek", "from": "2026-06-01", "to": "2026-11-01"}
MONTHLY = {**ABOUT, "granularity": "month"}
RESPONSE = "00000001-0000000000000000-1"

EXAMPLES = [
    Example(f"GET {V1}/meta", hides=("PET-1",)),
    *(
        Example(f"GET {V1}/stats/{name}", query=query, outside=404)
        for name, query in {
            "summary": ABOUT,
            "timeseries": MONTHLY,
            "breakdown": ABOUT,
            "distribution": ABOUT,
            "heatmap": ABOUT,
            "spc": MONTHLY,
            "concerns": ABOUT,
            "league": ABOUT,
            "funnel": ABOUT,
            "coverage": ABOUT,
            "rolling": ABOUT,
            "cumulative": ABOUT,
        }.items()
    ),
    *(
        Example(f"GET {V1}/charts/{name}.{form}", query=query, outside=404)
        for name, query in {"spc": MONTHLY, "distribution": ABOUT, "heatmap": ABOUT, "funnel": ABOUT}.items()
        for form in ("svg", "png")
    ),
    Example("GET /league", hides=("Leek",)),
    Example("POST /league", data={"area": "team:leek", "opted_in": "true"}, inside=303, outside=404),
    Example("GET /services/{service}", outside=404),
    Example("GET /teams/{team}", outside=404),
    Example("GET /devices/{device}", outside=404),
    Example("GET /questions/{question}"),
    Example("GET /objectives/{objective}"),
    Example(f"GET {V1}/stats/misuse", query=ABOUT, inside=422, outside=404),  # a device is needed, and no team
    Example(f"GET {V1}/stats/fft", query={"month": "2026-10"}),
    Example(f"GET {V1}/responses", query=ABOUT, outside=404),
    # no response has this name; which of those there are somebody finds is tested with their evidence
    Example(f"GET {V1}/responses/{{response}}/flag", inside=404),
    Example(f"PATCH {V1}/responses/{{response}}/flag", json={"flagged": True, "reason": "A test"}, inside=404),
    Example(f"GET {V1}/audit-log", inside=403, whole=200),
    Example(f"POST {V1}/audit-log/verifications", inside=403, whole=201),
    Example(f"GET {V1}/evidence", query={"team": "leek"}, outside=404),
]
