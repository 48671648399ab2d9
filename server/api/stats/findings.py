"""What deserves attention, good or bad: questions of teams that differ from their target or from their own past."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import QUESTION, bucket
from server.aggregates.members import Member, members
from server.aggregates.outside import published_period
from server.aggregates.periods import Granularity, Period
from server.aggregates.rebases import charted_by, find_rebases
from server.api.figures import Surroundings, end_of, flagged_beside, judged, resolved
from server.api.query import FiguresQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Judged, Links, Meta, ResolvedQuery
from server.api.stats.groups import DIMENSIONS, By, part_of
from server.api.stats.locked import Span, has_past, places_of, span_of_baseline
from server.measures.chart import BASELINE_POINTS, Chart, ChartKind, ChartSettings
from server.measures.concerns import Cell, Finding, Special, find_concerns, find_highlights, special_of
from server.measures.part import Part
from server.measures.pchart import baseline_parts, choose_chart, pchart

FILTERED_WEEKS = 2 * BASELINE_POINTS + 2  # with a filter single responses are read: a baseline, and as long again


class Where(StrEnum):
    """Whose questions are looked at."""

    DIRECTORATE = "directorate"
    SERVICE = "service"
    TEAM = "team"
    DEVICE = "device"


MORE = {"by": f"one of {', '.join(Where)}: whose questions are looked at"}


class FindingsQuery(FiguresQuery):
    """Of what deserves attention."""

    by: Where = Where.TEAM


class FindingsResolved(ResolvedQuery):
    """With whose questions were looked at."""

    by: str


class FindingRow(Judged):
    """One question of one team (or device, service, directorate) that deserves attention."""

    level: Annotated[str, Field(description="concern, watch, highlight or good sign")]
    code: str
    name: str
    question: str
    text: str
    reasons: Annotated[list[str], Field(description="target; the rule of the chart")]
    baseline_from: Annotated[
        date | None, Field(description="where the chart is a reason: the first day of what its limits are made of")
    ]
    baseline_to: Annotated[date | None, Field(description="the day after the last of them")]


class FindingsAnswer(BaseModel):
    """GET /api/v1/stats/concerns."""

    query: FindingsResolved
    meta: Meta
    compared: Annotated[int, Field(description="so many comparisons were made")]
    data: Annotated[list[FindingRow], Field(description="concerns, most certain first; then highlights likewise")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_findings(session: Session, asked: Asked[FindingsQuery], links: Links) -> FindingsAnswer:
    """The answer to the question. Raises ProblemError."""
    around = Surroundings(session, asked)
    dimension = DIMENSIONS[By(asked.query.by)]
    found = tallies(session, asked.scope, asked.period, (dimension, QUESTION))
    places = _by_key(members(session, asked.scope, dimension, end_of(asked), {key for key, _ in found if key}))
    questions = _by_key(members(session, asked.scope, QUESTION, end_of(asked), ()))
    special, spans = _specials(session, asked)
    keys = [(place, question) for place, question in found if place in places and question in questions]
    keys.sort(key=lambda key: (places[key[0]].code, key[1]))  # what is as certain as another stands in the same order
    targets = {place: around.target_of(places[place].lineage) for place, _ in keys}
    cells = [_cell(key, found[key], targets[key[0]], special.get(key)) for key in keys]
    findings = [*find_concerns(cells), *find_highlights(cells)]

    def row(finding: Finding[Any]) -> FindingRow:
        place, question = finding.key
        return FindingRow(
            **judged(found[finding.key], targets[place], asked.thresholds.percent_from),
            level=finding.level,
            code=places[place].code,
            name=places[place].name,
            question=question,
            text=questions[question].name,
            reasons=_reasons(finding),
            baseline_from=spans[finding.key].first if finding.special else None,
            baseline_to=spans[finding.key].after if finding.special else None,
        )

    return FindingsAnswer(
        query=FindingsResolved(**resolved(asked), by=asked.query.by),
        meta=around.meta(around.target),
        compared=sum(cell.positive.basis >= asked.thresholds.percent_from for cell in cells),
        data=[row(finding) for finding in findings if finding.positive.basis >= asked.thresholds.percent_from],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def _by_key(listed: Sequence[Member]) -> dict[Any, Member]:
    return {member.key: member for member in listed}


def _cell(key: Any, tally: Tally, target: float | None, special: Special | None) -> Cell[Any]:
    judgeable = target is not None and 0 < target < 100
    return Cell(key, part_of(tally), target / 100 if judgeable and target is not None else None, special)


def _reasons(finding: Finding[Any]) -> list[str]:
    reasons = ["target"] if finding.beside_reference else []
    return [*reasons, finding.special.rule.value] if finding.special else reasons


def _specials(session: Session, asked: Asked[Any]) -> tuple[dict[Any, Special], dict[Any, Span]]:
    """Of each question of each part, what is special about its latest whole week, on a chart of its own past from its
    baseline on; and what that is made of.
    """
    after = min(asked.period.after or asked.today, asked.today)
    monday = after - timedelta(days=after.weekday())
    first = None if has_past(asked.scope) else monday - timedelta(weeks=FILTERED_WEEKS)
    period = published_period(asked.scope, Period(first, monday), Granularity.WEEK)
    monday = period.after or monday  # from outside, up to the last week that is told
    dimension, latest = DIMENSIONS[By(asked.query.by)], monday - timedelta(weeks=1)
    found = tallies(session, asked.scope, period, (dimension, QUESTION, bucket(Granularity.WEEK)), undated=False)
    histories: dict[Any, dict[date, Part]] = {}
    for (place, question, week), tally in found.items():
        histories.setdefault((place, question), {latest: Part(0, 0)})[week] = part_of(tally)
    specials, spans = {}, {}
    rebases = find_rebases(session, asked.place)
    for key, history in histories.items():
        points = {week: history[week].point(asked.thresholds.percent_from) for week in sorted(history)}
        weeks = [week for week, part in points.items() if part.basis or week == latest]
        about = charted_by(session, asked.scope, dimension, *key) if rebases else None
        days = [day for day in rebases.get(about, []) if day < monday] if about else []
        chart = _chart([points[week] for week in weeks], places_of(weeks, days, Granularity.WEEK))
        special, span = special_of(chart), span_of_baseline(chart, weeks, Granularity.WEEK)
        if special is not None and span is not None:
            specials[key], spans[key] = special, span
    return specials, spans


def _chart(parts: Sequence[Part], rebases: Iterable[int]) -> Chart:
    settings = ChartSettings(baseline=BASELINE_POINTS, rebases=tuple(sorted(rebases)))
    return pchart(parts, settings, prime=choose_chart(baseline_parts(parts, settings)) is ChartKind.P_PRIME)
