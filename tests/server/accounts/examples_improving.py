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
]
