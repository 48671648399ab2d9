"""The page of one service, team, device, question or objective: the same figures that the interface answers with."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.single_responses import FILTER_DAYS_MAX
from server.api.catalogue import read_meta
from server.api.problems import ProblemError
from server.api.query import Compare, ComparedQuery, FiguresQuery, wrong
from server.api.stats import breakdown, control, heat
from server.api.stats.breakdown import BreakdownQuery, read_breakdown
from server.api.stats.control import GRANULARITIES, ControlAnswer, ControlQuery, read_control
from server.api.stats.distribution import read_distribution
from server.api.stats.funnels import read_funnel
from server.api.stats.groups import By
from server.api.stats.heat import HeatQuery, read_heatmap
from server.api.stats.summary import SummaryAnswer, read_summary
from server.web.figures.around import asides, shown
from server.web.figures.downloads import Items, tables_only
from server.web.figures.form import by_month, granularity_field, names_of, period_field, place_field
from server.web.figures.kinds import TITLES, Kind, address_of, crumbs_of
from server.web.figures.reading import Reading
from server.web.figures.sections import (
    Section,
    control_section,
    distribution_section,
    funnel_section,
    heat_section,
    without_hours,
)
from server.web.figures.sentences import beside_organisation
from server.web.figures.verdicts import verdict_tag
from server.web.words import judgement


def subject(
    session: Session, kind: Kind, code: str, items: Iterable[tuple[str, str]], viewer: Viewer, now: datetime
) -> dict[str, Any]:
    """What the template shows. Raises ProblemError; 404 for what this viewer may not see."""
    given = [(name, value) for name, value in items if value]
    if any(name == kind.word for name, _ in given):
        raise wrong(kind.word, "stands in the path of this page already.")
    reading = Reading(session, [(kind.word, code), *given], viewer, now)
    if reading.asked.scope.outside:
        reading = Reading(session, [(kind.word, code), *by_month(given)], viewer, now)
    summary, asked_summary = _summary(reading, kind)
    chart, asked_chart = reading.read(ControlQuery, read_control, control.MORE)
    spread, asked_spread = reading.read(FiguresQuery, read_distribution)
    around = reading.wider(kind.word) if kind.is_place else reading
    peers, asked_peers = around.read(BreakdownQuery, read_funnel, breakdown.MORE, [("by", kind.peers.value)])
    known = read_meta(session, viewer, now)
    [totals] = summary.data
    name = names_of(known)[kind.word].get(code, code)
    told_apart = [by for by in kind.parts if by.value not in dict(given)]
    return {
        "path": "/",
        "crumbs": crumbs_of(kind, code, known),
        "kind": kind,
        "caption": TITLES[kind.word],
        "name": name,
        "code": code,
        "totals": totals,
        "meta": summary.meta,
        "lower_bound": _several_questions(reading),
        "judgement": judgement(totals),
        "benchmark": beside_organisation(summary.comparison),
        "shown": shown(chart.query, chart.meta, known, whole=reading.asked.scope.visible is None),
        "asides": asides(summary.undated, summary.flagged, summary.meta, chart.query.granularity),
        "fields": [
            *(place_field(each, reading.query, known) for each in kind.fields),
            period_field(reading.query, chart.query.from_, chart.query.to),
            granularity_field(reading.query, GRANULARITIES),
        ],
        "carried": [item for item in given if item[0] not in {*kind.fields, "period", "from", "to", "granularity"}],
        "narrowed": bool(given),
        "action": address_of(kind.word, code),
        "summary_downloads": tables_only("summary", asked_summary, "the key figures"),
        "sections": [
            control_section(chart, asked_chart),
            distribution_section(spread, asked_spread),
            _hours(reading, chart),
            funnel_section(peers, asked_peers, kind.peers, code if kind.is_place else ""),
        ],
        "parts": [_parts(reading, by, given) for by in told_apart],
        "verdict_tag": verdict_tag,
        "timezone": chart.query.timezone,
    }


def _summary(reading: Reading, kind: Kind) -> tuple[SummaryAnswer, Items]:
    """Of a place beside the whole organisation, where that is shown by the same filters; else by itself."""
    if kind.is_place:
        try:
            return reading.read(ComparedQuery, read_summary, own=[("compare", Compare.ORGANISATION.value)])
        except ProblemError as error:
            if any(each.parameter != "compare" for each in error.problem.errors or []):
                raise
    return reading.read(ComparedQuery, read_summary)


def _hours(reading: Reading, chart: ControlAnswer) -> Section:
    """The hours of the week. Of a device they are read from single responses, so of its last year at most; where they
    may not be told for these days, the page says so and shows the rest.
    """
    after = date.fromisoformat(chart.query.to)
    first = max(date.fromisoformat(chart.query.from_), after - timedelta(days=FILTER_DAYS_MAX))
    refusal = ""
    for attempt in (reading, reading.between(first, after)):
        try:
            return heat_section(*attempt.read(HeatQuery, read_heatmap, heat.MORE))
        except ProblemError as error:
            refusal = refusal or "; ".join(f"{each.parameter} {each.detail}" for each in error.problem.errors or [])
    return without_hours(refusal)


def _several_questions(reading: Reading) -> bool:
    """How many people answered several questions is known as a lower bound only."""
    return len(reading.asked.scope.questions) > 1


def _parts(reading: Reading, by: By, given: Items) -> dict[str, Any]:
    """What it is made of, as a table; each row leads to a page of its own, asked about the same."""
    answer, items = reading.read(BreakdownQuery, read_breakdown, breakdown.MORE, [("by", by.value)])
    kept = [item for item in given if item[0] not in {"service", "team", "device", "question", by.value}]
    return {
        "by": by.value,
        "heading": f"{by.value.title()}s",
        "rows": [row for row in answer.data if row.responses or by is not By.QUESTION],
        "silent": [row.name for row in answer.data if by is By.QUESTION and not row.responses],
        "kept": kept,
        "downloads": tables_only("breakdown", items, f"the figures by {by.value}"),
    }
