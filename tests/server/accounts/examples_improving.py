"""Examples of the pages of improvement; they come after those of the interface, which make what the paths name."""

from tests.server.accounts.example import Example

DAY = "2026-11-20"
OF_LEEK = {"place": "team:leek", "subject": "question:food", "title": "Cold dinners again"}

EXAMPLES = [
    Example("GET /improve", hides=("Cold dinners", "Warm plates", "Leek")),
    Example("GET /improve/concerns/new", hides=("Leek",)),
    Example("POST /improve/concerns", data=OF_LEEK, inside=303, outside=404),
    Example("GET /improve/concerns/{concern}", outside=404),
    Example("POST /improve/concerns/{concern}", data={"closing_words": "Done"}, inside=303, outside=404),
    Example(
        "POST /improve/concerns/{concern}/evidence",
        data={"kind": "interview", "words": "The trolley waits."},
        inside=303,
        outside=404,
    ),
    Example("POST /improve/concerns/{concern}/actions", data={"title": "Hot plates"}, inside=303, outside=404),
    Example("POST /improve/actions/{action}", data={"status": "done"}, inside=303, outside=404),
    Example(
        "POST /improve/actions/{action}/steps",
        data={"what": "Ask", "owner": "Cook", "due_on": "2026-12-08"},
        inside=303,
        outside=404,
    ),
    Example("POST /improve/actions/{action}/steps/{step}", data={"status": "done"}, inside=303, outside=404),
    Example("GET /improve/audits", hides=("Leek",)),
    Example(
        "POST /improve/audits",
        data={"team": "leek", "questionnaire": "audit-hand-hygiene", "every": "week", "from_date": "2026-11-01"},
        inside=303,
        outside=404,
    ),
    Example("GET /improve/audits/{audit}", outside=404),
    Example("POST /improve/audits/{audit}", data={"to_date": "2027-01-01"}, inside=303, outside=404),
    Example("GET /improve/audits/{audit}/enter", outside=404),
    Example("POST /improve/audits/{audit}/enter", data={"audited_on": DAY, "line-1": "yes"}, inside=303, outside=404),
    Example(
        "POST /improve/audits/{audit}/feedback",
        data={"about": DAY, "given_on": DAY, "given_by": "Link nurse"},
        inside=303,
        outside=404,
    ),
    Example("GET /improve/meeting/{team}", outside=404),
    Example("POST /improve/meeting/{team}", data={"held_on": DAY}, inside=303, outside=404),
    Example("GET /improve/recognition", hides=("Leek",)),
    Example("POST /improve/recognition", data={"place": "team:leek", "title": "Thanks"}, inside=303, outside=404),
    Example("GET /improve/recognition/{recognition}", outside=404),
    Example("GET /improve/you-said", hides=("warm plates", "Leek")),
    Example("POST /improve/you-said", data={"words-en": "Thanks.", "place": "team:leek"}, inside=303, outside=404),
    Example("POST /improve/you-said/{text}/approve", inside=303, outside=404),
    Example("POST /improve/you-said/{text}/withdraw", inside=303, outside=404),
    Example("GET /p/{slug}"),
    Example("GET /p/{slug}/poster"),
]
