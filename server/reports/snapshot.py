"""The figures of a report, frozen as JSON: whatever its readers see is drawn from this and from nothing else."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.scope import find_place
from server.api.query import ComparedQuery, FiguresQuery
from server.api.stats import breakdown, control, findings
from server.api.stats.breakdown import BreakdownQuery, read_breakdown
from server.api.stats.comparing import months_before
from server.api.stats.control import ControlQuery, read_control
from server.api.stats.covering import read_coverage
from server.api.stats.devices import read_devices
from server.api.stats.distribution import read_distribution
from server.api.stats.findings import FindingsQuery, read_findings
from server.api.stats.summary import read_summary
from server.reports.actions import actions_of
from server.reports.asking import Asking
from server.reports.consultation import consulted
from server.reports.kinds import AUDIENCES, TITLES, Audience, Kind
from server.reports.quality import sentences

CHART_LEAST = 6
SCHEMA = 1  # of the snapshot: older ones are drawn as they were
CHART_WEEKS = 26  # half a year
CHART_MONTHS = 24  # from outside, where a week of one device mostly has too few answers to be shown
BAD = ("concern", "watch")

Told = Callable[[str], None]


class About(NamedTuple):
    """What a report is about. `service`: its code, None for the whole organisation."""

    kind: Kind
    first: date
    after: date
    service: str | None
    viewer: Viewer  # kinds.reader_of: what the audience may see


STEPS = ("totals", "parts", "devices", "weeks", "findings", "actions")


def make_snapshot(session: Session, about: About, now: datetime, told: Told = lambda _: None) -> dict[str, Any]:
    """Everything a report says. The session must see one state throughout. `told`: hears what is being done."""
    narrowing = [("service", about.service)] if about.service else []
    asking = Asking(session, about.viewer, now, narrowing)
    month = _period(about)
    told("totals")
    summary = asking.ask(read_summary, ComparedQuery, "summary", [*month, ("compare", "previous")])
    told("parts")
    parts = {by: _parts(asking, month, by) for by in ("service", "team", "question", "objective")}
    told("devices")
    devices = [each.model_dump(mode="json") for each in read_devices(session, asking.ready(FiguresQuery, month))]
    coverage = asking.ask(read_coverage, FiguresQuery, "coverage", month)
    told("weeks")
    weeks = _weeks(asking, about)
    services = [_steady(session, about, now, row) for row in parts["service"]] if about.kind is Kind.BOARD else []
    told("findings")
    found = _findings(asking, month, "team" if about.service else "service")
    spread = asking.ask(read_distribution, FiguresQuery, "distribution", month)
    told("actions")
    return {
        "schema": SCHEMA,
        **_heading(session, about, parts["service"]),
        "as_of": now.isoformat(),
        "data_version": summary["meta"]["data_version"],
        "target": summary["meta"]["target"],
        "summary": summary,
        "services": parts["service"],
        "teams": parts["team"],
        "questions": parts["question"],
        "objectives": parts["objective"],
        "options": spread["data"],
        "devices": devices,
        "coverage": coverage,
        "weeks": weeks,
        "icons": services,
        "compared": found["compared"],
        "concerns": [row for row in found["data"] if row["level"] in BAD],
        "highlights": [row for row in found["data"] if row["level"] not in BAD],
        "actions": actions_of(session, about.viewer, about.first, about.after),
        "quality": sentences(summary, coverage),
        **_consulted(session, about, asking, parts["service"]),
    }


def _period(about: About) -> list[tuple[str, str]]:
    """As a question of the interface names it."""
    if about.kind is Kind.CONSULTATION:
        return [("from", str(about.first)), ("to", str(about.after))]
    return [("period", f"{about.first:%Y-%m}")]


def _consulted(session: Session, about: About, asking: Asking, services: list[dict[str, Any]]) -> dict[str, Any]:
    if about.kind is not Kind.CONSULTATION:
        return {}
    asked = asking.ready(FiguresQuery, _period(about))
    return {"consultation": consulted(session, asked.scope, about.viewer, asked.period, services)}


def _heading(session: Session, about: About, services: list[dict[str, Any]]) -> dict[str, Any]:
    place = find_place(session, about.viewer.organisation_id)
    last = about.after - timedelta(days=1)
    return {
        "kind": about.kind.value,
        "audience": AUDIENCES[about.kind].value,
        "title": TITLES[about.kind],
        "organisation": place.name,
        "timezone": place.zone.key,
        "subject": services[0]["name"] if about.service and services else place.name,
        "service": about.service,
        "month": f"{last:%Y-%m}",
        "month_in_words": f"twelve months to {last:%B %Y}" if about.kind is Kind.CONSULTATION else f"{last:%B %Y}",
        "first": about.first.isoformat(),
        "after": about.after.isoformat(),
    }


def _parts(asking: Asking, month: list[tuple[str, str]], by: str) -> list[dict[str, Any]]:
    items = [*month, ("by", by)]
    found: list[dict[str, Any]] = asking.ask(read_breakdown, BreakdownQuery, "breakdown", items, breakdown.MORE)["data"]
    return found


def _weeks(asking: Asking, about: About) -> dict[str, Any]:
    """The control chart: by the whole weeks that end with the month; from outside by months, up to this one."""
    monthly = AUDIENCES[about.kind] is Audience.OUTSIDE
    last = about.after if monthly else about.after - timedelta(days=about.after.weekday())
    granularity = ("granularity", "month" if monthly else "week")

    def chart(buckets: int) -> dict[str, Any]:
        begin = months_before(last, buckets) if monthly else last - timedelta(weeks=buckets)
        items = [("from", str(begin)), ("to", str(last)), granularity]
        return asking.ask(read_control, ControlQuery, "spc", items, control.MORE)

    most = CHART_MONTHS if monthly else CHART_WEEKS
    found = chart(most)
    # Not the time before anybody was asked.
    silent = next((place for place, point in enumerate(found["data"]) if point["responses"]), 0)
    return chart(max(most - silent, CHART_LEAST)) if silent else found


def _steady(session: Session, about: About, now: datetime, row: dict[str, Any]) -> dict[str, Any]:
    """A service's line of the board's table: what is special about it, and whether it will reach its target."""
    asking = Asking(session, about.viewer, now, [("service", row["code"])])
    chart = _weeks(asking, about)["chart"]
    words = ("variation", "assurance", "level", "trial_limits", "reading")
    return {"code": row["code"], "name": row["name"], **{name: chart[name] for name in words}}


def _findings(asking: Asking, month: list[tuple[str, str]], by: str) -> dict[str, Any]:
    return asking.ask(read_findings, FindingsQuery, "concerns", [*month, ("by", by)], findings.MORE)
