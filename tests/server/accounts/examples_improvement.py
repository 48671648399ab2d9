"""Examples of the routes about concerns and what follows from them; all of it concerns the team leek."""

from tests.server.accounts.example import V1, Example

DAY = "2026-11-20"

EXAMPLES = [
    Example(
        f"POST {V1}/concerns",
        json={"team": "leek", "question": "food", "title": "Cold dinners"},
        inside=201,
        outside=404,
        makes="concern",
    ),
    Example(f"GET {V1}/concerns", hides=("Cold dinners",)),
    Example(f"GET {V1}/concerns/{{concern}}", outside=404),
    Example(f"PATCH {V1}/concerns/{{concern}}", json={"title": "Cold suppers"}, outside=404),
    Example(
        f"POST {V1}/concerns/{{concern}}/evidence",
        json={"kind": "interview", "words": "The trolley waits."},
        inside=201,
        outside=404,
    ),
    Example(
        f"POST {V1}/actions",
        json={
            "concern": "{concern}",
            "title": "Warm plates",
            "started_on": "2026-11-02",
            "steps": [{"what": "Buy", "due_on": "2026-12-01", "owner": "Cook"}],
        },
        inside=201,
        outside=404,
        makes="action",
    ),
    Example(f"GET {V1}/actions", hides=("Warm plates",)),
    Example(f"GET {V1}/actions/{{action}}", outside=404),
    Example(f"PATCH {V1}/actions/{{action}}", json={"title": "Hot plates"}, outside=404),
    Example(f"GET {V1}/actions/{{action}}/effect", outside=404),
    Example(
        f"POST {V1}/actions/{{action}}/steps",
        json={"what": "Use them", "due_on": "2026-12-08", "owner": "Cook"},
        inside=201,
        outside=404,
        makes="step",
    ),
    Example(f"PATCH {V1}/actions/{{action}}/steps/{{step}}", json={"what": "Try them"}, outside=404),
    Example(
        f"POST {V1}/audits",
        json={"team": "leek", "questionnaire": "audit-hand-hygiene", "every": "month", "from_date": "2026-11-01"},
        inside=201,
        outside=404,
        makes="audit",
        number="schedule",
    ),
    Example(f"GET {V1}/audits", hides=("audit-hand-hygiene",)),
    Example(f"GET {V1}/audits/{{audit}}", outside=404),
    Example(f"PATCH {V1}/audits/{{audit}}", json={"to_date": "2027-01-01"}, outside=404),
    Example(
        f"POST {V1}/audits/{{audit}}/entries",
        json={"audited_on": DAY, "answers": {"audit-hands-before": "yes"}},
        inside=201,
        outside=404,
    ),
    Example(
        f"POST {V1}/audits/{{audit}}/feedback",
        json={"about": DAY, "given_on": DAY, "given_by": "Link nurse"},
        inside=201,
        outside=404,
    ),
    Example(f"POST {V1}/meetings", json={"team": "leek", "held_on": DAY, "words": "Plates"}, inside=201, outside=404),
    Example(f"GET {V1}/meetings", hides=("Plates",)),
    Example(
        f"POST {V1}/recognition",
        json={"team": "leek", "title": "Well done"},
        inside=201,
        outside=404,
        makes="recognition",
    ),
    Example(f"GET {V1}/recognition", hides=("Well done",)),
    Example(
        f"POST {V1}/you-said",
        json={"team": "leek", "words": {"en": "You said cold. We bought warm plates."}},
        inside=201,
        outside=404,
        makes="text",
        number="you_said",
    ),
    Example(f"GET {V1}/you-said", hides=("warm plates",)),
    Example(f"POST {V1}/you-said/{{text}}/approve", outside=404),
    Example(f"POST {V1}/you-said/{{text}}/withdraw", outside=404),
]
