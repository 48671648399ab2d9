"""Statuses as tags: the word says it, the colour says it again."""

CONCERNS = {"open": "red", "acting": "blue", "checking": "yellow", "closed": "grey"}
ACTIONS = {"planned": "white", "under way": "blue", "done": "green", "dropped": "grey"}
STEPS = {"open": "blue", "done": "green", "dropped": "grey"}
AUDITS = {"overdue": "red", "due": "blue", "done": "green", "ended": "grey", "not begun": "white", "missed": "red"}
TEXTS = {"draft": "yellow", "approved": "green", "withdrawn": "grey"}


def concern_tag(status: str) -> dict[str, str]:
    """Of a concern."""
    return _tag(status, CONCERNS)


def action_tag(status: str) -> dict[str, str]:
    """Of a plan."""
    return _tag(status, ACTIONS)


def step_tag(status: str, *, overdue: bool = False) -> dict[str, str]:
    """Of a step of a plan."""
    return {"text": "Overdue", "classes": "nhsuk-tag--red"} if overdue else _tag(status, STEPS)


def audit_tag(state: str) -> dict[str, str]:
    """Of a schedule of audits, or of one of its weeks or months."""
    return _tag(state, AUDITS)


def text_tag(status: str) -> dict[str, str]:
    """Of a text for patients."""
    return _tag(status, TEXTS)


def _tag(word: str, colours: dict[str, str]) -> dict[str, str]:
    return {"text": word.capitalize(), "classes": f"nhsuk-tag--{colours[word]}"}
