"""Enrolment for the bench tool: one-use tokens for operators, and the one request that a token admits."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs, public
from server.api.blame import blaming
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.placements import follow
from server.api.problems import ProblemError, conflict, in_body, make_problem
from server.api.reference import PREFIX, refusals
from server.api.sessions import WritingSession, writing
from server.database import act_as
from server.fleet.devices import SERIAL_LENGTH_MAX, check_serial
from server.fleet.enrolment import (
    TOKEN_LASTS,
    TOKENS_MAX,
    Enrolled,
    RefusedError,
    Waiting,
    WrongTokenError,
    enrol_by_token,
    find_token,
    make_tokens,
)
from server.fleet.keys import open_key_ring
from server.fleet.macs import normal_mac
from server.fleet.organisations import organisation_of

MAC_CHARACTERS_MAX = 17
RECORDS_MAX = 2**32 - 1

router = APIRouter(prefix=PREFIX, tags=["fleet"], dependencies=[only()])


class WantedTokens(BaseModel):
    """How many devices are to be enrolled."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=TOKENS_MAX)] = 1


class TokensMade(BaseModel):
    """Tokens just made."""

    tokens: Annotated[list[str], Field(description="each enrols one device, once; never to be had again")]
    expires_at: datetime


class JournalOnBoard(BaseModel):
    """What the journal on the board says: whose it is, and how many records nobody has acked."""

    model_config = ConfigDict(extra="forbid")

    device: Annotated[str, Field(pattern="^[0-9a-f]{8}$")]
    waiting: Annotated[int, Field(ge=0, le=RECORDS_MAX)]


class NewEnrolment(BaseModel):
    """The board on the bench."""

    model_config = ConfigDict(extra="forbid")

    mac: Annotated[str, Field(max_length=MAC_CHARACTERS_MAX, description="six bytes in hex, as the board says it")]
    serial: Annotated[
        str | None, Field(max_length=SERIAL_LENGTH_MAX, description="what stands on the handheld; null: its MAC")
    ] = None
    journal: Annotated[JournalOnBoard | None, Field(description="null: there is none, or it is blank")] = None


class EnrolmentAnswer(BaseModel):
    """What belongs into the board's identity area. The two secrets are in this answer and nowhere else."""

    device: Annotated[str, Field(description="eight hex digits: its name on the broker")]
    device_id: int
    serial: str
    mac: str
    key_epoch: int
    hmac_key: Annotated[str, Field(description="64 hex digits")]
    mqtt_password: str
    known: Annotated[bool, Field(description="the board was enrolled before and keeps its number; its old keys ended")]


@router.post(
    "/enrolment-tokens",
    operation_id="create_enrolment_tokens",
    status_code=201,
    response_model=TokensMade,
    responses=refusals(),
)
def post_tokens(
    request: Request,
    viewer: Annotated[Viewer, needs(Right.MANAGE_FLEET)],
    session: WritingSession,
    once: CreateOnce,
    wanted: WantedTokens,
) -> Response:
    """Make one-use tokens of 15 minutes, with which a tool at a bench enrols devices."""
    require_whole_fleet(viewer)

    def make() -> TokensMade:
        now = request.app.state.now()
        secrets = make_tokens(session, viewer.organisation_id, viewer.actor, now, wanted.count)
        return TokensMade(tokens=secrets, expires_at=now + TOKEN_LASTS)

    return once.create(make, kept=lambda answer: answer.model_copy(update={"tokens": []}))


@router.post(
    "/enrolments",
    operation_id="enrol_device",
    status_code=201,
    response_model=EnrolmentAnswer,
    responses=refusals(409),
    dependencies=[public],
)
def post_enrolment(request: Request, board: NewEnrolment) -> Response:
    """Enrol a board: it gets a number, or keeps its own, and new keys. Send an enrolment token as Bearer."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    now = request.app.state.now()
    waiting = Waiting(int(board.journal.device, 16), board.journal.waiting) if board.journal else None
    with writing(request.app, "enrolment") as session:
        try:
            token = find_token(session, secret.strip() if scheme.lower() == "bearer" else "", now)
        except WrongTokenError as error:
            raise ProblemError(make_problem(HTTPStatus.UNAUTHORIZED, str(error))) from None
        act_as(session, f"{token.made_by}, by enrolment token {token.token_id}")
        with blaming("mac"):
            mac = normal_mac(board.mac)
        with blaming("serial"):
            check_serial(board.serial or mac)
        try:
            key_ring = open_key_ring(request.app.state.settings.key_file)
            made = enrol_by_token(session, token, mac, board.serial, waiting, now, key_ring)
        except RefusedError as error:
            raise ProblemError(conflict(in_body(error.field, detail=str(error)))) from None
        follow(request, session, organisation_of(session, token.organisation_id))
        answer = _answer(made)
    return JSONResponse(answer.model_dump(mode="json"), HTTPStatus.CREATED, {"Cache-Control": "no-store"})


def require_whole_fleet(viewer: Viewer) -> None:
    """That the viewer manages all devices: one that stands nowhere is everybody's. Raises ProblemError 403."""
    if not viewer.may_everywhere(Right.MANAGE_FLEET):
        detail = f"Your account has no right to {Right.MANAGE_FLEET} for the whole organisation."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))


def _answer(made: Enrolled) -> EnrolmentAnswer:
    identity = made.identity
    return EnrolmentAnswer(
        device=device_name(identity.device_id),
        device_id=identity.device_id,
        serial=identity.serial,
        mac=made.mac or "",
        key_epoch=identity.key_epoch,
        hmac_key=identity.hmac_key.hex(),
        mqtt_password=identity.mqtt_password,
        known=made.known,
    )
