"""What the pages of figures have above their figures: a form whose choices live in the address."""

from collections.abc import Sequence
from typing import Any

from server.aggregates.periods import ALL, Granularity
from server.api.catalogue_shapes import MetaAnswer
from server.api.query import BucketsQuery

PERIODS = {
    "all": "All since the start",
    "this-week": "This week",
    "last-week": "Last week",
    "this-month": "This month",
    "last-month": "Last month",
    "last-13-weeks": "The 13 weeks before this one",
}
PLACES = ("service", "team", "device", "question")


def by_month(items: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """For somebody outside, who is shown whole weeks or whole months: months, where a period of days was chosen that
    no weeks fill, and nothing was said about points.
    """
    given = dict(items)
    ends = {given[name] for name in ("from", "to") if name in given}
    months = all(end.endswith("-01") for end in ends) if ends else "period" in given and given["period"] != ALL
    weekly = "week" in given.get("period", "") or "-W" in given.get("period", "")
    if "granularity" in given or not months or weekly:
        return list(items)
    return [*items, ("granularity", Granularity.MONTH.value)]


def field(name: str, label: str, options: dict[str, str], chosen: Sequence[str]) -> dict[str, Any]:
    """One select."""
    items = [
        {"value": value, "text": text, "selected": value in chosen or not (value or chosen)}
        for value, text in options.items()
    ]
    return {"name": name, "label": label, "options": items}


def period_field(query: BucketsQuery, first: str, after: str) -> dict[str, Any]:
    """Of periods. Own dates of an address have no choice of their own: they stand as the chosen one until changed."""
    periods = dict(PERIODS)
    period = query.period or ALL
    if query.from_ or query.to:
        period = ""
        periods = {"": f"{first} to {after}"} | periods
    elif period not in periods:
        periods = {period: period} | periods
    return field("period", "Period", periods, [period])


def granularity_field(query: BucketsQuery, offered: Sequence[Granularity] = tuple(Granularity)) -> dict[str, Any]:
    """Of the length of a point."""
    names = {granularity.value: f"By {granularity.value}" for granularity in offered}
    return field("granularity", "Points", names, [query.granularity])


def place_field(name: str, query: BucketsQuery, known: MetaAnswer) -> dict[str, Any]:
    """Of services, teams, devices or questions that the viewer may see."""
    names = names_of(known)[name]
    return field(name, name.title(), {"": f"All {name}s"} | names, getattr(query, name))


def names_of(known: MetaAnswer) -> dict[str, dict[str, str]]:
    """By kind, what each code is called."""
    return {
        "service": {each.service: each.name for each in known.services},
        "team": {each.team: each.name for each in known.teams},
        "device": {each.device: each.name for each in known.devices},
        "question": {each.question: each.text for each in known.questions},
        "objective": {each.objective: each.name for each in known.objectives},
    }
