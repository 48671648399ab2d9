"""A finding in words: how many answered, what they said, and why that is more than chance."""

from server.api.stats.findings import FindingRow
from server.measures.chart import Rule
from server.measures.concerns import Level
from server.web.words import count, interval, percent, target_percent

LEVELS = {
    Level.CONCERN: ("Concern", "orange"),
    Level.WATCH: ("Watch", "yellow"),
    Level.HIGHLIGHT: ("Highlight", "green"),
    Level.GOOD_SIGN: ("Good sign", "aqua-green"),
}
RULES = {
    Rule.OUTSIDE: "the latest week lies outside what is usual here",
    Rule.TREND: "it has gone the same way seven weeks running",
    Rule.TWO_OF_THREE: "two of the latest three weeks are near the edge of what is usual here",
    Rule.SHIFT: "seven weeks running lie on the same side of the usual",
}


def level_tag(level: str) -> dict[str, str]:
    """The parameters of its tag: words, and a colour that only says them again."""
    text, colour = LEVELS[Level(level)]
    return {"text": text, "classes": f"nhsuk-tag--{colour}"}


def finding_sentence(row: FindingRow) -> str:
    """With n, interval, target and reason."""
    bad = row.level in (Level.CONCERN, Level.WATCH)
    start = f"{percent(row.positivity)} positive (likely {interval(row.ci95)}), {count(row.responses, 'response')}"
    reasons = [_reason(each, row, bad=bad) for each in row.reasons]
    return f"{start}: {' and '.join(reasons)}." if reasons else f"{start}."


def _reason(reason: str, row: FindingRow, *, bad: bool) -> str:
    if reason == "target":
        side = "below" if bad else "above"
        return f"{side} the target of {target_percent(row.target)}"
    return RULES[Rule(reason)]
