"""What a picture says in words: its name, what it is of, and the one sentence for whoever cannot see it."""

from datetime import date, timedelta
from typing import Any

from server.api.stats.distribution import DistributionAnswer
from server.api.stats.heat import HeatAnswer
from server.web.distribution_chart import most_chosen
from server.web.words import count, day, percent

HOURS_OF_A_WEEK = 168


def subject(answer: Any) -> str:
    """What the figures are of: what was asked for, and the days."""
    chosen = [
        f"{name.replace('_', ' ')} {', '.join(str(each) for each in value)}" if isinstance(value, list) else name
        for name, value in answer.query.filters.model_dump().items()
        if value not in ([], None)
    ]
    what = "; ".join(chosen) or "all services, devices and questions"
    view = "" if answer.meta.view == "inside" else "; as seen from outside, small numbers left out"
    return f"Of {what}{_days(answer.query.from_, answer.query.to)}{view}. As of {day(answer.meta.as_of.date())}."


def _days(first: str | None, after: str | None) -> str:
    if first is None or after is None:
        return f"; from {day(date.fromisoformat(first))} on" if first else ""
    return f"; {day(date.fromisoformat(first))} to {day(date.fromisoformat(after) - timedelta(days=1))}"


def distribution_sentence(answer: DistributionAnswer) -> str:
    """Which option was chosen most, of the question or of each."""
    found = list(most_chosen(answer))
    if not found:
        return "No question has enough answers to show how they are spread."
    told = [f"{row.text} Most chose {row.label}: {row.chosen:,} of {row.n:,} ({percent(row.share)})." for row in found]
    return told[0] if len(told) == 1 else f"{count(len(told), 'question')}. " + " ".join(told)


def heatmap_sentence(answer: HeatAnswer) -> str:
    """When most answers come, or when they are best."""
    if answer.query.metric == "n":
        most = max(answer.data, key=lambda row: row.n)
        if not most.n:
            return "Nobody answered."
        total, silent = sum(row.n for row in answer.data), sum(not row.n for row in answer.data)
        when = f"{most.day} from {most.hour:02}:00 to {(most.hour + 1) % 24:02}:00"
        rest = f"; in {silent} of the {HOURS_OF_A_WEEK} hours of a week nobody did" if silent else ""
        return f"Most answers were given on {when}, {most.n:,} of {total:,}{rest}."
    told = [row for row in answer.data if row.positivity is not None]
    if not told:
        return "No hour of the week has enough answers to show a percentage."
    low, high = (choose(told, key=lambda row: row.positivity or 0) for choose in (min, max))
    ends = [f"{percent(row.positivity)} ({row.day} {row.hour:02}:00)" for row in (low, high)]
    span = ends[0] if len(told) == 1 else f"between {ends[0]} and {ends[1]}"
    where = f"in {len(told)} of the {HOURS_OF_A_WEEK} hours of a week; the others have too few answers or none"
    return f"Positivity was {span} {where}."
