"""The overview page's content: the figures of a question, its chart, its devices and the form to ask another."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.periods import ALL, Granularity
from server.api.catalogue import read_meta
from server.api.catalogue_shapes import MetaAnswer
from server.api.query import SeriesQuery, read_query
from server.api.reference import PREFIX
from server.api.resolve import refuse_what_is_to_come, resolve
from server.api.shapes import Links
from server.api.stats.ask import blamed
from server.api.stats.devices import DeviceFigures, read_devices
from server.api.stats.series import TimeseriesAnswer, read_timeseries
from server.measures.verdict import Verdict
from server.web.chart import FRAMES, draw
from server.web.words import chart_sentence, count, day, headline, judgement, local_day

PERIODS = {
    "all": "All since the start",
    "this-week": "This week",
    "last-week": "Last week",
    "this-month": "This month",
    "last-month": "Last month",
    "last-13-weeks": "The 13 weeks before this one",
}
# Never by colour alone: each tag says its verdict in words.
VERDICT_COLOURS = {Verdict.MET: "green", Verdict.MISSED: "orange", Verdict.CANNOT_TELL: "grey"}


def overview(session: Session, items: Iterable[tuple[str, str]], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What the template shows for these parameters; an empty one, as a form sends it, asks for nothing."""
    given = [(name, value) for name, value in items if value]
    query = read_query(given, SeriesQuery)
    address = f"{PREFIX}/stats/timeseries" + (f"?{urlencode(given)}" if given else "")
    asked = resolve(session, query, viewer, now)
    refuse_what_is_to_come(asked)
    with blamed():
        answer = read_timeseries(session, asked, Links(self=address, csv=address, xlsx=address))
        devices = read_devices(session, asked)
    known = read_meta(session, viewer, now)
    local = answer.meta.as_of.astimezone(ZoneInfo(answer.query.timezone))
    [organisation] = [each for each in known.organisations if each.organisation == known.organisation]
    return {
        "path": "/",
        "shared": None,
        "answer": answer,
        "organisation": organisation.name,
        "headline": headline(answer),
        "lower_bound": len(query.question) > 1,
        "judgement": judgement(answer.totals),
        "shown": _shown(answer, known, whole=asked.scope.visible is None),
        "as_of": f"{day(local.date())}, {local:%H:%M}",
        "asides": _asides(answer),
        "fields": _fields(query, answer, known),
        "carried": [item for item in given if item[0] in ("organisation", "team", "include_flagged")],
        "narrowed": any(name != "organisation" for name, _ in given),
        "chart_title": f"Positive answers by {answer.query.granularity}",
        "chart_sentence": chart_sentence(answer),
        "charts": [draw(answer, frame) for frame in FRAMES],
        "devices": devices,
        "fleet": any(each.looked_after for each in devices),
        "devices_sentence": _devices_sentence(devices),
        "verdict_tag": _verdict_tag,
        "heard": lambda row: _heard(row, answer),
        "api_address": address,
    }


def _shown(answer: TimeseriesAnswer, known: MetaAnswer, *, whole: bool) -> str:
    """What the figures are of, in words. `whole`: the viewer sees every team; else the teams are named, for the name of
    the organisation stands above them.
    """
    names = {
        "service": {each.service: each.name for each in known.services},
        "team": {each.team: each.name for each in known.teams},
        "device": {each.device: each.name for each in known.devices},
        "question": {each.question: each.text for each in known.questions},
    }
    asked = answer.query.filters.model_dump()
    chosen = [f"{kind} {' and '.join(names[kind][name] for name in asked[kind])}" for kind in names if asked[kind]]
    chosen += [] if whole else [f"of {_and([each.name for each in known.teams])} only"]
    what = ", ".join(chosen) or "all services, devices and questions"
    today = local_day(answer.meta.as_of, answer.query.timezone)
    first = date.fromisoformat(answer.query.from_)
    last = min(date.fromisoformat(answer.query.to) - timedelta(days=1), max(first, today))
    days = day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"Shown: {what}; {days}."


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "no team"


def _asides(answer: TimeseriesAnswer) -> list[str]:
    """What the reader must know beside the figures, where there is anything."""
    found = []
    undated, flagged, meta = answer.undated, answer.flagged, answer.meta
    if undated.not_told:
        found.append(f"Responses without a usable date, or suspected of misuse: not counted here. {undated.not_told}")
    if undated.responses:
        where = f"counted above, but in no {answer.query.granularity}" if undated.counted else "not counted here"
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


def _fields(query: SeriesQuery, answer: TimeseriesAnswer, known: MetaAnswer) -> list[dict[str, Any]]:
    """The form's selects. Own dates of an address have no select: they stand as the chosen period until changed."""
    services = {each.service: each.name for each in known.services}
    devices = {each.device: each.name for each in known.devices}
    questions = {each.question: each.text for each in known.questions}
    periods = dict(PERIODS)
    period = query.period or ALL
    if query.from_ or query.to:
        period = ""
        periods = {"": f"{answer.query.from_} to {answer.query.to}"} | periods
    elif period not in periods:
        periods = {period: period} | periods
    granularities = {granularity.value: f"By {granularity.value}" for granularity in Granularity}
    return [
        _field("service", "Service", {"": "All services"} | services, query.service),
        _field("device", "Device", {"": "All devices"} | devices, query.device),
        _field("question", "Question", {"": "All questions"} | questions, query.question),
        _field("period", "Period", periods, [period]),
        _field("granularity", "Points", granularities, [query.granularity]),
    ]


def _field(name: str, label: str, options: dict[str, str], chosen: Sequence[str]) -> dict[str, Any]:
    items = [
        {"value": value, "text": text, "selected": value in chosen or not (value or chosen)}
        for value, text in options.items()
    ]
    return {"name": name, "label": label, "options": items}


def _devices_sentence(devices: Sequence[DeviceFigures]) -> str:
    """How the devices stand against their targets, those without or with too few data among them."""
    verdicts = [device.verdict for device in devices]
    met, missed = verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED)
    silent, few = sum(device.n == 0 for device in devices), sum(device.suppressed for device in devices)
    unsure = len(devices) - met - missed - silent - few
    parts = [(met, "met"), (missed, "missed"), (unsure, "cannot tell yet"), (few, "too few"), (silent, "no data")]
    told = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f"{count(len(devices), 'device')} against the target: {told}."


def _verdict_tag(device: DeviceFigures) -> dict[str, str]:
    if device.suppressed:
        return {"text": "too few", "colour": "white"}
    if device.verdict is None:
        return {"text": "no data" if device.n == 0 else "no target", "colour": "white"}
    return {"text": device.verdict, "colour": VERDICT_COLOURS[Verdict(device.verdict)]}


def _heard(device: DeviceFigures, answer: TimeseriesAnswer) -> str:
    """The time today, the day before that, and what the device said it still holds."""
    if device.heard_at is None:
        return "never"
    zone = ZoneInfo(answer.query.timezone)
    heard, now = device.heard_at.astimezone(zone), answer.meta.as_of.astimezone(zone)
    when = f"today, {heard:%H:%M}" if heard.date() == now.date() else day(heard.date())
    return f"{when} ({device.waiting:,} waiting)" if device.waiting else when
