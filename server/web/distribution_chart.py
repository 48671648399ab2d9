"""A distribution's geometry: each question's options as bars one below the other. distribution.svg.jinja draws it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from server.api.stats.distribution import DistributionAnswer, OptionShare
from server.web.chart import Frame
from server.web.lettering import lines_of
from server.web.words import TOO_FEW, count, interval, percent

BAR_SHARE = 1.1  # of the font size, how high a bar is
SPACE = 1.5  # of the font size, from one line of text to the next


@dataclass(frozen=True)
class OptionBar:
    """One option: its words on one line, its bar below. `ends`: of the interval, None where there is none."""

    label: str
    figure: str
    sentiment: str
    text_y: float
    bar_y: float
    width: float | None
    ends: tuple[float, float] | None
    words: str


@dataclass(frozen=True)
class QuestionBars:
    """One question with its options; `lines` of its text with their places."""

    lines: list[tuple[float, str]]
    note_y: float
    note: str
    options: list[OptionBar]


@dataclass(frozen=True)
class DistributionDrawing:
    """All that the template draws."""

    frame: Frame
    questions: list[QuestionBars]
    bar_height: float
    height: float


def draw_distribution(answer: DistributionAnswer, frame: Frame) -> DistributionDrawing:
    """The answer as a chart of this frame's width, as high as its questions need."""
    y, questions = 0.0, []
    for _, rows in groupby(answer.data, key=lambda row: row.question):
        drawn, y = _question(list(rows), frame, y)
        questions.append(drawn)
    return DistributionDrawing(frame, questions, round(BAR_SHARE * frame.font_size, 1), y)


def _question(rows: Sequence[OptionShare], frame: Frame, y: float) -> tuple[QuestionBars, float]:
    size, lines = frame.font_size, []
    for line in lines_of(rows[0].text, frame.width, size):
        y += SPACE * size
        lines.append((round(y, 1), line))
    y += SPACE * size
    note_y, options = round(y, 1), []
    for row in rows:
        text_y = y + SPACE * size
        bar_y = text_y + 0.4 * size
        options.append(_option(row, frame, round(text_y, 1), round(bar_y, 1)))
        y = bar_y + BAR_SHARE * size
    return QuestionBars(lines, note_y, _note(rows[0]), options), y + size


def _note(row: OptionShare) -> str:
    told = [count(row.n, "answer")]
    told += [TOO_FEW] if row.suppressed else []
    told += [f"{row.withheld:,} withheld: too few to be shown"] if row.withheld else []
    return "; ".join(told)


def _option(row: OptionShare, frame: Frame, text_y: float, bar_y: float) -> OptionBar:
    figure = f"{row.chosen:,}" if row.share is None else f"{percent(row.share)} ({row.chosen:,})"
    words = f"{row.label} ({row.sentiment}): {figure}" + (f", likely {interval(row.ci95)}" if row.ci95 else "")
    return OptionBar(
        label=f"{row.label} · {row.sentiment}",
        figure=figure,
        sentiment=row.sentiment,
        text_y=text_y,
        bar_y=bar_y,
        width=None if row.share is None else _x(row.share, frame),
        ends=None if row.ci95 is None else (_x(row.ci95[0], frame), _x(row.ci95[1], frame)),
        words=words,
    )


def _x(share: float, frame: Frame) -> float:
    return round(frame.width * share / 100, 1)


def most_chosen(answer: DistributionAnswer) -> Iterator[OptionShare]:
    """Of each question whose shares are told, the option that was chosen most often."""
    for _, rows in groupby(answer.data, key=lambda row: row.question):
        told = [row for row in rows if row.share is not None]
        if told:
            yield max(told, key=lambda row: row.chosen)
