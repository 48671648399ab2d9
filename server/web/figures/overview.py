"""The overview page's content: the figures of a question, its chart, its devices and the form to ask another."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.catalogue import read_meta
from server.api.query import SeriesQuery, read_query
from server.api.reference import PREFIX
from server.api.resolve import refuse_what_is_to_come, resolve
from server.api.shapes import Links
from server.api.stats.ask import blamed
from server.api.stats.devices import DeviceFigures, read_devices
from server.api.stats.series import TimeseriesAnswer, read_timeseries
from server.measures.verdict import Verdict
from server.web.chart import FRAMES, draw
from server.web.figures.around import asides, shown
from server.web.figures.form import by_month, granularity_field, period_field, place_field
from server.web.figures.kinds import aims_of
from server.web.figures.reading import Reading
from server.web.figures.standing import standing
from server.web.figures.verdicts import verdict_tag
from server.web.words import chart_sentence, count, day, headline, judgement


def start_page(session: Session, items: Iterable[tuple[str, str]], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The overview, and before it what deserves a look: what whoever is signed in starts from."""
    given = [(name, value) for name, value in items if value]
    content = overview(session, given, viewer, now)
    return content | standing(Reading(session, content["given"], viewer, now), content["answer"].totals)


def overview(session: Session, items: Iterable[tuple[str, str]], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What the template shows for these parameters; an empty one, as a form sends it, asks for nothing."""
    given = [(name, value) for name, value in items if value]
    query = read_query(given, SeriesQuery)
    asked = resolve(session, query, viewer, now)
    if asked.scope.outside and by_month(given) != given:
        given = by_month(given)
        query = read_query(given, SeriesQuery)
        asked = resolve(session, query, viewer, now)
    address = f"{PREFIX}/stats/timeseries" + (f"?{urlencode(given)}" if given else "")
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
        "given": given,
        "aims": aims_of(known),
        "answer": answer,
        "organisation": organisation.name,
        "headline": headline(answer),
        "lower_bound": len(query.question) > 1,
        "judgement": judgement(answer.totals),
        "shown": shown(answer.query, answer.meta, known, whole=asked.scope.visible is None),
        "as_of": f"{day(local.date())}, {local:%H:%M}",
        "asides": asides(answer.undated, answer.flagged, answer.meta, answer.query.granularity),
        "fields": [
            *(place_field(name, query, known) for name in ("service", "device", "question")),
            period_field(query, answer.query.from_, answer.query.to),
            granularity_field(query),
        ],
        "lead": None,
        "carried": [item for item in given if item[0] in ("organisation", "team", "include_flagged")],
        "narrowed": any(name != "organisation" for name, _ in given),
        "chart_title": f"Positive answers by {answer.query.granularity}",
        "chart_sentence": chart_sentence(answer),
        "charts": [draw(answer, frame) for frame in FRAMES],
        "devices": devices,
        "fleet": any(each.looked_after for each in devices),
        "devices_sentence": _devices_sentence(devices),
        "verdict_tag": verdict_tag,
        "heard": lambda row: _heard(row, answer),
        "api_address": address,
    }


def _devices_sentence(devices: Sequence[DeviceFigures]) -> str:
    """How the devices stand against their targets, those without or with too few data among them."""
    verdicts = [device.verdict for device in devices]
    met, missed = verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED)
    silent, few = sum(device.n == 0 for device in devices), sum(device.suppressed for device in devices)
    unsure = len(devices) - met - missed - silent - few
    parts = [(met, "met"), (missed, "missed"), (unsure, "cannot tell yet"), (few, "too few"), (silent, "no data")]
    told = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f"{count(len(devices), 'device')} against the target: {told}."


def _heard(device: DeviceFigures, answer: TimeseriesAnswer) -> str:
    """The time today, the day before that, and what the device said it still holds."""
    if device.heard_at is None:
        return "never"
    zone = ZoneInfo(answer.query.timezone)
    heard, now = device.heard_at.astimezone(zone), answer.meta.as_of.astimezone(zone)
    when = f"today, {heard:%H:%M}" if heard.date() == now.date() else day(heard.date())
    return f"{when} ({device.waiting:,} waiting)" if device.waiting else when
