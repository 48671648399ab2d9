"""Alerts of devices for programs: what somebody should see to, since when, and who has said that they will."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.cursors import instant_part, read_cursor, word_part
from server.api.devices import NAMES_MAX, PAGE, Cursor, Limit, Links, Names, SeesFleet, next_link
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import ProblemError, make_problem
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.alerts import Kind
from server.fleet.occurrences import Occurrence, acknowledge, occurrences
from server.fleet.organisations import organisation_of
from server.fleet.roster import Wanted, roster

router = APIRouter(prefix=PREFIX, tags=["fleet"], responses=refusals())

FILTERS = ("kind", "service", "team", "acknowledged", "limit", "cursor")
DEVICE_DIGITS = 8
AlertWord = Annotated[
    str, Path(pattern="^[0-9a-f]{8}-[a-z-]{1,30}-[0-9]{1,17}$", description="as the list of alerts names it")
]


class AlertAnswer(BaseModel):
    """One alert. It is over when the device says so; when it comes again it is another alert."""

    alert: Annotated[str, Field(description="names this occurrence: POST /alerts/{alert}/ack takes it")]
    device: str
    serial: str
    service: str | None
    team: str | None
    kind: Kind
    words: str
    since: datetime
    acknowledged_at: Annotated[datetime | None, Field(description="null: nobody has said that they know of it")]
    acknowledged_by: str | None


class AlertsAnswer(BaseModel):
    """Alerts, those that came last first."""

    as_of: datetime
    data: list[AlertAnswer]
    links: Links


class Narrowed(NamedTuple):
    """Which alerts are asked for."""

    kinds: tuple[Kind, ...] = ()
    acknowledged: bool | None = None

    def has(self, one: Occurrence) -> bool:
        """Whether this is one of them."""
        known = self.acknowledged is None or self.acknowledged == (one.seen is not None)
        return known and (not self.kinds or one.alert.kind in self.kinds)


@router.get("/alerts", operation_id="list_alerts", dependencies=[only(*FILTERS, lists=("kind", "service", "team"))])
def get_alerts(
    request: Request,
    viewer: SeesFleet,
    session: OpenSession,
    *,
    kind: Annotated[list[Kind], Query(max_length=NAMES_MAX)] = [],  # noqa: B006 - FastAPI copies it
    service: Names = [],  # noqa: B006
    team: Names = [],  # noqa: B006
    acknowledged: bool | None = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,  # noqa: ARG001 - read together with its question
) -> AlertsAnswer:
    """What of the devices that you look after somebody should see to, and who has said that they know of it."""
    before = read_cursor(request.query_params.multi_items(), instant_part, word_part)
    now, wanted = request.app.state.now(), Narrowed(tuple(kind), acknowledged)
    standing = _standing(session, viewer, Wanted(services=tuple(service), teams=tuple(team)), now)
    found = [one for one in standing if wanted.has(one) and (before is None or _place(one) < tuple(before))]
    last = found[limit - 1] if len(found) > limit else None
    link = next_link(request, [last.since.isoformat(), last.word]) if last else None
    return AlertsAnswer(as_of=now, data=[_answer(one) for one in found[:limit]], links=Links(next=link))


@router.post("/alerts/{alert}/ack", operation_id="acknowledge_alert", response_model=AlertAnswer, dependencies=[only()])
def post_ack(
    request: Request, alert: AlertWord, viewer: SeesFleet, session: WritingSession, once: CreateOnce
) -> Response:
    """Say that you know of an alert. It stays listed until it is over, with who said so first and when."""

    def make() -> AlertAnswer:
        now = request.app.state.now()
        standing = _standing(session, viewer, Wanted(device_id=int(alert[:DEVICE_DIGITS], 16)), now)
        one = next((each for each in standing if each.word == alert), None)
        if one is None:
            detail = (
                f"There is no alert {alert} here, or none any more: GET {PREFIX}/alerts lists those that there are."
            )
            raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
        owner = organisation_of(session, viewer.organisation_id)
        return _answer(acknowledge(session, owner, one, viewer.actor, now))

    return once.create(make, status=HTTPStatus.OK)


def _standing(session: Session, viewer: Viewer, wanted: Wanted, now: datetime) -> list[Occurrence]:
    """Of the viewer's devices, in the order of the list."""
    owner = organisation_of(session, viewer.organisation_id)
    entries = roster(session, owner, now, viewer.teams(Right.SEE_FLEET), wanted)
    return sorted(occurrences(session, owner, entries, now), key=_place, reverse=True)


def _place(one: Occurrence) -> tuple[datetime, str]:
    return one.since, one.word


def _answer(one: Occurrence) -> AlertAnswer:
    return AlertAnswer(
        alert=one.word,
        device=device_name(one.entry.device_id),
        serial=one.entry.serial,
        service=one.entry.service,
        team=one.entry.team,
        kind=one.alert.kind,
        words=one.alert.words,
        since=one.since,
        acknowledged_at=one.seen.seen_at if one.seen else None,
        acknowledged_by=one.seen.seen_by if one.seen else None,
    )
