"""What the overview says first: what deserves a look, how the services run, and which teams are not heard."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from server.api.figures import Surroundings, total
from server.api.problems import ProblemError
from server.api.query import FiguresQuery
from server.api.shapes import Totals
from server.api.stats import findings
from server.api.stats.control import GRANULARITIES
from server.api.stats.covering import CoverageAnswer, read_coverage
from server.api.stats.findings import FindingRow, FindingsAnswer, FindingsQuery, read_findings
from server.api.stats.groups import By, find_groups
from server.api.stats.variations import read_variations
from server.measures.chart import Assurance, PointKind, Rule
from server.measures.concerns import Level
from server.measures.coverage import Heard
from server.measures.icons import variation
from server.web.figures.downloads import Items, tables_only
from server.web.figures.reading import Reading
from server.web.words import count, day, percent, target_percent

CONCERNS_MAX, HIGHLIGHTS_MAX = 5, 3  # who has five minutes reads no more
RECENT = "last-13-weeks"  # what deserves a look now; a year ago is no news


class Icon(NamedTuple):
    """`shape`: of the drawing; `words`: beside it; `meaning`: in full, for whoever hears it."""

    shape: str
    words: str
    meaning: str


VARIATION = {
    PointKind.IMPROVEMENT: Icon("improvement", "improving", ""),
    PointKind.CONCERN: Icon("concern", "getting worse", ""),
    PointKind.COMMON_CAUSE: Icon("common", "no real change", ""),
    PointKind.NEUTRAL: Icon("common", "changed", ""),
}
ASSURANCE = {
    Assurance.PASS: Icon("pass", "will pass", "Target: consistently passed as it runs now"),
    Assurance.FAIL: Icon("fail", "will fail", "Target: consistently failed as it runs now"),
    Assurance.HIT_OR_MISS: Icon("chance", "hit and miss", "Target: hit and missed by chance as it runs now"),
}


BY_RULE = {
    Rule.OUTSIDE.value: "the latest week lies outside its limits",
    Rule.TREND.value: "weeks in a row go the same way",
    Rule.TWO_OF_THREE.value: "two of three weeks lie close to a limit",
    Rule.SHIFT.value: "weeks in a row lie on one side of its mean",
}


def why(row: FindingRow) -> str:
    """The reasons in words."""
    side = "above" if row.at_or_above else "below"
    known = BY_RULE | {"target": f"{side} its target of {target_percent(row.target)}"}
    return "; ".join(known[each] for each in row.reasons)


class ServiceLine(NamedTuple):
    """One service: its figures and its two icons; None where too few answered to say."""

    code: str
    name: str
    figures: Totals
    kind: PointKind
    variation: Icon | None
    assurance: Icon | None


def services(reading: Reading) -> list[ServiceLine]:
    """Every service within the scope, in order of name."""
    asked = reading.asked
    if asked.query.granularity not in GRANULARITIES:  # of hours there is no control chart
        return []
    around = Surroundings(reading.session, asked)
    groups = find_groups(reading.session, asked, By.SERVICE, around)
    lines = []
    for group, chart in read_variations(reading.session, asked, groups, By.SERVICE):
        judged = chart.latest is not None and chart.latest.limits is not None
        found = variation(chart)
        lines.append(
            ServiceLine(
                group.member.code,
                group.member.name,
                Totals(**total(group.tally, group.target, asked.thresholds.percent_from)),
                found.kind,
                VARIATION[found.kind]._replace(meaning=f"Variation: {found.words}") if judged else None,
                ASSURANCE[chart.assurance] if chart.assurance else None,
            )
        )
    return lines


def concerns(reading: Reading) -> tuple[FindingsAnswer, Items]:
    """What deserves a look, of the period asked about, or else of the last weeks."""
    recent = reading.narrowed_to(RECENT) if reading.asked.period.unbounded else reading
    return recent.read(FindingsQuery, read_findings, findings.MORE)


def split(answer: FindingsAnswer) -> tuple[list[FindingRow], list[FindingRow]]:
    """The concerns and the highlights, most certain first."""
    bad = {Level.CONCERN.value, Level.WATCH.value}
    return [row for row in answer.data if row.level in bad], [row for row in answer.data if row.level not in bad]


def covered(reading: Reading) -> CoverageAnswer | None:
    """Which teams are heard, this month; from outside, in the last one that is over. Whatever they were asked: who
    answered is counted whole. None where a filter of responses leaves no answer to that.
    """
    month = "last-month" if reading.asked.scope.outside else "this-month"
    try:
        return reading.narrowed_to(month, "question", "topic", "objective").read(FiguresQuery, read_coverage)[0]
    except ProblemError:
        return None


def _days(answer: FindingsAnswer) -> str:
    """What the findings are of."""
    first, after = answer.query.from_, answer.query.to
    if first is None or after is None:
        return ""
    return f"{day(date.fromisoformat(first))} to {day(date.fromisoformat(after) - timedelta(days=1))}"


def coverage_sentences(answer: CoverageAnswer) -> list[str]:
    """How many teams are heard in the month, and by name those that are not."""
    month = f"{date.fromisoformat(answer.query.from_):%B %Y}" if answer.query.from_ else "all the time"
    said = [f"{answer.with_data:,} of {count(len(answer.data), 'team')} have answers in {month}."]
    for heard, words in ((Heard.NO_DATA, "A device but no answers"), (Heard.NO_DEVICE, "No device")):
        names = [row.name for row in answer.data if row.heard == heard]
        said += [f"{words}: {', '.join(names)}."] if names else []
    return said


def lead(totals: Totals, lines: Sequence[ServiceLine], bad: int, good: int) -> str:
    """The page in one sentence."""
    if totals.positivity is None:
        return "Too few have answered yet for a percentage."
    start = f"{percent(totals.positivity)} of the answers are positive"
    verdict = {"met": ", and the target is met", "missed": ", and the target is missed"}.get(totals.verdict or "", "")
    up = [line.name for line in lines if line.kind is PointKind.IMPROVEMENT and line.variation]
    down = [line.name for line in lines if line.kind is PointKind.CONCERN and line.variation]
    told = [_are(names, what) for names, what in ((down, "getting worse"), (up, "improving")) if names]
    calm = ["no service has changed by more than chance explains"] if any(line.variation for line in lines) else []
    moves = "".join(f"; {each}" for each in told or calm)
    parts = [count(number, noun) for number, noun in ((bad, "concern"), (good, "highlight")) if number]
    look = f"; {' and '.join(parts)} {'deserves' if bad + good == 1 else 'deserve'} a look" if parts else ""
    return f"{start}{verdict}{moves}{look}."


def _are(names: Sequence[str], what: str) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} {what}"


def standing(reading: Reading, totals: Totals) -> dict[str, Any]:
    """All of it, for the template."""
    lines = services(reading)
    found, asked = concerns(reading)
    bad, good = split(found)
    coverage = covered(reading)
    return {
        "lead": lead(totals, lines, len(bad), len(good)),
        "services": lines,
        "concerns": bad[:CONCERNS_MAX],
        "highlights": good[:HIGHLIGHTS_MAX],
        "more_concerns": max(0, len(bad) - CONCERNS_MAX),
        "more_highlights": max(0, len(good) - HIGHLIGHTS_MAX),
        "why": why,
        "compared": found.compared,
        "findings_days": _days(found),
        "findings_downloads": tables_only("concerns", asked, "what deserves a look"),
        "coverage_sentences": coverage_sentences(coverage) if coverage else [],
    }
