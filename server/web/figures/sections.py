"""The charts of a page of figures: each with its one sentence, its drawings, its table and its downloads."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.api.stats.control import ControlAnswer
from server.api.stats.distribution import DistributionAnswer
from server.api.stats.funnels import FunnelAnswer
from server.api.stats.groups import By
from server.api.stats.heat import DAYS, HeatAnswer
from server.web.chart import FRAMES
from server.web.control_chart import draw_control
from server.web.distribution_chart import draw_distribution
from server.web.figures.downloads import Download, Items, downloads
from server.web.funnel_chart import described, draw_funnel, funnel_sentence, told_apart
from server.web.heatmap_chart import draw_heatmap
from server.web.picture_words import distribution_sentence, heatmap_sentence
from server.web.words import day


@dataclass(frozen=True)
class Section:
    """`template`: the macro that draws; `notes`: what is printed below; `answer`: the rows of its table."""

    template: str
    title: str
    sentence: str
    drawings: list[Any]  # one for each frame
    answer: Any
    downloads: list[Download]
    notes: list[str] = field(default_factory=list)
    extra: Any = None


def control_section(answer: ControlAnswer, items: Items) -> Section:
    """Over time."""
    drawings = [draw_control(answer, frame) for frame in FRAMES]
    title = f"Positive answers by {answer.query.granularity}"
    marks = [f"{number}: {mark.title}, from {day(mark.day)}." for number, mark in enumerate(answer.marks, start=1)]
    return Section(
        "control",
        title,
        answer.chart.reading,
        drawings,
        answer,
        downloads("spc", items, "the control chart"),
        [*marks, answer.chart.how_made],
    )


def distribution_section(answer: DistributionAnswer, items: Items) -> Section:
    """By option."""
    note = "Bars are shares of the answers that count; the thin line is where the true share likely is (95%)."
    drawings = [draw_distribution(answer, frame) for frame in FRAMES]
    links = downloads("distribution", items, "how answers are spread")
    return Section(
        "distribution", "How answers are spread", distribution_sentence(answer), drawings, answer, links, [note]
    )


def heat_section(answer: HeatAnswer, items: Items) -> Section:
    """By hour of the week."""
    counts = {(row.weekday, row.hour): row.n for row in answer.data}
    rows = [(hour, [counts.get((weekday, hour), 0) for weekday in range(1, 8)]) for hour in range(24)]
    return Section(
        "heatmap",
        "When people answer",
        heatmap_sentence(answer),
        [draw_heatmap(answer, frame) for frame in FRAMES],
        answer,
        downloads("heatmap", items, "the hours of the week"),
        ["Local hours, from the one named to the next.", *_days_of(answer)],
        (DAYS, rows),
    )


def without_hours(refusal: str) -> Section:
    """Where the interface tells no hours for these days to this viewer."""
    sentence = f"The hours of the week are not told for what is shown here: {refusal}"
    return Section("heatmap", "When people answer", sentence, [], None, [])


def _days_of(answer: HeatAnswer) -> list[str]:
    """Where it is of other days than the rest of the page may be."""
    first, after = answer.query.from_, answer.query.to
    if not answer.query.filters.device or first is None or after is None:
        return []
    return [f"Of answers from {day(date.fromisoformat(first))} on: read one by one, so of a year at most."]


def funnel_section(answer: FunnelAnswer, items: Items, peers: By, own: str) -> Section:
    """Beside the others. `own`: the code of the part that the page is about."""
    named = [f"{number}: {described(row)}." for number, row in enumerate(told_apart(answer, own), start=1)]
    ring = (
        ["The ring is around what this page is about."] if own and any(row.code == own for row in answer.data) else []
    )
    why = "Limits are wide where few answered: a point inside them may differ by chance alone. Nobody is ranked."
    return Section(
        "funnel",
        f"Beside the other {peers.value}s" if own else f"Each {peers.value} beside all together",
        funnel_sentence(answer, peers.value),
        [draw_funnel(answer, frame, own) for frame in FRAMES],
        answer,
        downloads("funnel", items, f"all {peers.value}s"),
        [*named, *ring, why],
        peers.value,
    )
