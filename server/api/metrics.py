"""What a monitoring system asks every minute: how line, fleet and process stand, as Prometheus reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.operations import Standing, standing
from server.api.access import needs
from server.api.parameters import only
from server.api.problems import ProblemError, make_problem
from server.api.reference import refusals
from server.api.sessions import OpenSession
from server.fleet.alerts import Kind
from server.fleet.broker_follower import is_followed
from server.fleet.occurrences import occurrences
from server.fleet.organisations import organisation_of
from server.fleet.roster import Entry, Wanted, roster
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED

PATH = "/metrics"
STATES = (ACTIVE, LOST, REVOKED, RETIRED)
TEXT = {"text/plain": {"schema": {"type": "string"}}}

router = APIRouter(tags=["operations"], responses=refusals())


@router.get(
    PATH,
    operation_id="metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus' text format, version 0.0.4", "content": TEXT}},
    dependencies=[only()],
)
def get_metrics(request: Request, viewer: Annotated[Viewer, needs(Right.SEE_FLEET)], session: OpenSession) -> Response:
    """How the line, the fleet and this process stand, for monitoring. For who sees the whole organisation's fleet."""
    if not viewer.may_everywhere(Right.SEE_FLEET):
        detail = f"Your account has no right to {Right.SEE_FLEET} for the whole organisation."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))
    now = request.app.state.now()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(session, viewer.organisation_id, now, dict(request.app.state.visits.counts)))
    return Response(generate_latest(registry), 200, {"Cache-Control": "no-store"}, CONTENT_TYPE_PLAIN_0_0_4)


class _Read(Collector):
    """All metrics, read when they are asked for."""

    def __init__(
        self, session: Session, organisation_id: int, now: datetime, visits: Mapping[tuple[str, str], int]
    ) -> None:
        self._session, self._organisation_id, self._now, self._visits = session, organisation_id, now, visits

    def collect(self) -> Iterator[Metric]:
        """The line's, the fleet's, this process'."""
        yield from line(standing(self._session, self._organisation_id), self._now)
        owner = organisation_of(self._session, self._organisation_id)
        entries = roster(self._session, owner, self._now, None, Wanted())
        found = occurrences(self._session, owner, entries, self._now)
        yield from fleet(entries, Counter((one.alert.kind, one.seen is not None) for one in found))
        told = "1 while a process tells the broker whom to let in; 0: a device that is revoked now stays connected"
        yield GaugeMetricFamily("pet_broker_follows", told, int(is_followed(self._session)))
        yield _labelled(
            CounterMetricFamily(
                "pet_http_requests", "Requests answered since this process began", labels=("route", "status")
            ),
            self._visits,
        )


def line(found: Standing, now: datetime) -> Iterator[Metric]:
    """What has arrived."""
    responses = {(outcome, str(flagged).lower()): n for (outcome, flagged), n in found.responses.items()}
    yield _labelled(
        GaugeMetricFamily("pet_responses", "Responses that are counted", labels=("outcome", "flagged")), responses
    )
    yield GaugeMetricFamily("pet_records", "Records of devices in custody, all kinds", found.records)
    yield GaugeMetricFamily("pet_batches", "Signed batches kept as evidence", found.batches)
    yield GaugeMetricFamily("pet_lost_records", "Records that will never arrive", found.lost)
    yield _labelled(
        CounterMetricFamily("pet_refused_messages", "Messages refused by this server", labels=("reason",)),
        {(reason,): n for reason, n in found.refused.items()},
    )
    yield _labelled(
        GaugeMetricFamily("pet_quarantined_records", "Records that lie in quarantine", labels=("reason",)),
        {(reason,): n for reason, n in found.quarantined.items()},
    )
    if found.received_at is not None:
        age = (now - found.received_at).total_seconds()
        yield GaugeMetricFamily("pet_last_receipt_age_seconds", "Since a device last proved itself", age)
    yield GaugeMetricFamily("pet_database_bytes", "Size of the server's database", found.database_bytes)


def fleet(entries: list[Entry], alerts: Mapping[tuple[Kind, bool], int]) -> Iterator[Metric]:
    """How the devices are."""
    states = Counter(entry.state for entry in entries)
    yield _labelled(
        GaugeMetricFamily("pet_devices", "Devices by state", labels=("state",)), {(s,): states[s] for s in STATES}
    )
    active = [entry for entry in entries if entry.state == ACTIVE]
    expected = [entry for entry in entries if entry.state in (ACTIVE, LOST)]  # of the others nothing is taken
    late = sum(n for (kind, _), n in alerts.items() if kind is Kind.OVERDUE)
    behind = sum((entry.said.held_revision if entry.said else 0) < entry.desired_revision for entry in active)
    yield GaugeMetricFamily("pet_devices_late", "Active devices that were not heard for too long", late)
    yield GaugeMetricFamily("pet_devices_behind", "Active devices that lack something they should hold", behind)
    yield GaugeMetricFamily("pet_devices_waiting", "Devices with answers waiting", sum(e.waiting > 0 for e in expected))
    yield GaugeMetricFamily("pet_waiting_records", "Records that wait on devices", sum(e.waiting for e in expected))
    yield _labelled(
        GaugeMetricFamily("pet_alerts", "Alerts that stand", labels=("kind", "acknowledged")),
        {(kind.value, str(seen).lower()): alerts.get((kind, seen), 0) for kind in Kind for seen in (False, True)},
    )


def _labelled(family: Metric, values: Mapping[Any, int]) -> Metric:
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)  # type: ignore[attr-defined]
    return family
