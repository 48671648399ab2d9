"""What stands around figures on a page: what they are of, and what the reader must know beside them."""

from datetime import date, timedelta

from server.api.catalogue_shapes import MetaAnswer
from server.api.shapes import Aside, BucketsResolved, Meta
from server.web.figures.form import PLACES, names_of
from server.web.words import count, day, local_day


def shown(query: BucketsResolved, meta: Meta, known: MetaAnswer, *, whole: bool) -> str:
    """What the figures are of, in words. `whole`: the viewer sees every team; else the teams are named, for the name of
    the organisation stands above them.
    """
    names, asked = names_of(known), query.filters.model_dump()
    chosen = [f"{kind} {' and '.join(names[kind][name] for name in asked[kind])}" for kind in PLACES if asked[kind]]
    chosen += [] if whole else [f"of {_and([each.name for each in known.teams])} only"]
    what = ", ".join(chosen) or "all services, devices and questions"
    today = local_day(meta.as_of, query.timezone)
    first = date.fromisoformat(query.from_)
    last = min(date.fromisoformat(query.to) - timedelta(days=1), max(first, today))
    days = day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"Shown: {what}; {days}."


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "no team"


def asides(undated: Aside, flagged: Aside, meta: Meta, granularity: str) -> list[str]:
    """Sentences, where there is anything to say."""
    found = []
    if undated.not_told:
        found.append(f"Responses without a usable date, or suspected of misuse: not counted here. {undated.not_told}")
    if undated.responses:
        where = f"counted above, but in no {granularity}" if undated.counted else "not counted here"
        found.append(f"{count(undated.responses, 'response')} without a usable date: {where}.")
    if flagged.responses:
        where = "counted here too, as you asked" if flagged.counted else "not counted here"
        found.append(f"{count(flagged.responses, 'response')} suspected of misuse: {where}.")
    if meta.pending_reported:
        found.append(f"{count(meta.pending_reported, 'more response')} on devices: not arrived yet.")
    if meta.never_heard:
        found.append(f"{count(meta.never_heard, 'device')} in use not heard yet at all.")
    if fallen_silent := meta.late_devices - meta.never_heard:
        found.append(f"{count(fallen_silent, 'device')} in use not heard for a week or longer.")
    return found
