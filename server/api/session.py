"""Signing in and out with a browser, and who one is: /api/v1/session."""

from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

from server.accounts.nodes import team_codes
from server.accounts.passwords import LETTERS_MAX
from server.accounts.people import anybody
from server.accounts.rights import Right
from server.accounts.signing_in import Entered, WrongCredentialsError, change_password, sign_in, sign_out
from server.accounts.throttle import TooManyAttemptsError
from server.accounts.viewer import Via, Viewer
from server.api.access import SignedIn, address_of, cookie_name, public
from server.api.cookies import give_cookie, take_cookie
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.errors import OperatorError

EMAIL_MAX = 254
PASSWORD_ROOM = 10 * LETTERS_MAX  # a longer one is wrong anyway, and not worth reading
WRONG = "The e-mail address or the password is wrong."

router = APIRouter(prefix=PREFIX, tags=["accounts"], dependencies=[only()])


class Credentials(BaseModel):
    """What somebody signs in with."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=EMAIL_MAX)]
    password: Annotated[SecretStr, Field(max_length=PASSWORD_ROOM)]


class NewPassword(BaseModel):
    """Both are needed: a browser left open must not be enough to take an account over."""

    model_config = ConfigDict(extra="forbid")

    old: Annotated[SecretStr, Field(max_length=PASSWORD_ROOM)]
    new: Annotated[SecretStr, Field(max_length=PASSWORD_ROOM)]


class MayDo(BaseModel):
    """One right, and where."""

    right: Right
    everywhere: Annotated[bool, Field(description="for the whole organisation, teams to come included")]
    teams: Annotated[list[str], Field(description="codes; empty where it is everywhere")]


class WhoAmI(BaseModel):
    """GET /api/v1/session."""

    actor: Annotated[str, Field(description="what the audit log calls who asks")]
    name: str
    organisation: int
    via: Via
    may: list[MayDo]


@router.get("/session", operation_id="get_session", responses=refusals())
def get_session(session: OpenSession, viewer: SignedIn) -> WhoAmI:
    """Who asks, and what they may do where."""
    return who_am_i(session, viewer)


@router.post(
    "/session",
    operation_id="sign_in",
    status_code=201,
    dependencies=[public],
    responses=refusals(429),
    response_model=None,
)
def post_session(request: Request, credentials: Credentials) -> Response:
    """Sign in: the answer sets a cookie. A program takes an API token instead."""
    try:
        entered = enter(request, credentials.email, credentials.password.get_secret_value())
    except WrongCredentialsError:
        raise ProblemError(make_problem(HTTPStatus.UNAUTHORIZED, WRONG)) from None
    except TooManyAttemptsError as error:
        return _too_many(request, error)
    response = Response(status_code=HTTPStatus.CREATED)
    give_cookie(response, request, entered.secret)
    return response


@router.delete("/session", operation_id="sign_out", status_code=204, dependencies=[public], responses=refusals())
def delete_session(request: Request) -> Response:
    """Sign this browser out; where nobody is signed in, nothing happens."""
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    leave(request, response)
    return response


@router.put("/session/password", operation_id="change_password", status_code=204, responses=refusals(429))
def put_password(request: Request, session: WritingSession, viewer: SignedIn, change: NewPassword) -> Response:
    """Change one's own password. Every other browser that is signed in with the account is signed out."""
    in_person(viewer)
    try:
        change_own(request, session, viewer, change.old.get_secret_value(), change.new.get_secret_value())
    except WrongCredentialsError:
        raise ProblemError(wrong_fields(in_body("old", detail="is not your password."))) from None
    except TooManyAttemptsError as error:
        return _too_many(request, error)
    except OperatorError as error:
        raise ProblemError(wrong_fields(in_body("new", detail=str(error)))) from None
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _too_many(request: Request, error: TooManyAttemptsError) -> Response:
    refusal = make_problem(HTTPStatus.TOO_MANY_REQUESTS, too_many(request, error)).response()
    refusal.headers["Retry-After"] = str(seconds_until(request, error))
    return refusal


def in_person(viewer: Viewer) -> None:
    """Only who signed in decides on accounts, passwords, tokens: a stolen token must not make itself a successor."""
    if viewer.via is not Via.BROWSER:
        detail = f"This needs a person who signed in; the {viewer.via} is not enough."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))


def enter(request: Request, email: str, password: str) -> Entered:
    """Sign the browser of this request in. Raises WrongCredentialsError, TooManyAttemptsError."""
    state = request.app.state
    earlier = request.cookies.get(cookie_name(request))
    return sign_in(state.writing_engine, email, password, address_of(request), state.now(), earlier)


def can_anybody(request: Request) -> bool:
    """Whether there is anybody at all who could sign in."""
    with Session(request.app.state.engine) as session:
        return anybody(session)


def leave(request: Request, response: Response) -> None:
    """Sign the browser out, here and there."""
    sign_out(request.app.state.writing_engine, request.cookies.get(cookie_name(request)))
    take_cookie(response, request)


def change_own(request: Request, session: Session, viewer: Viewer, old: str, new: str) -> None:
    """Raises WrongCredentialsError, TooManyAttemptsError, OperatorError."""
    state, secret = request.app.state, request.cookies.get(cookie_name(request), "")
    change_password(state.writing_engine, session, viewer, old, new, secret, state.now())


def too_many(request: Request, error: TooManyAttemptsError) -> str:
    """The sentence for it; the same whether there is such an account or not."""
    minutes = ceil(seconds_until(request, error) / 60)
    return f"Too many attempts that failed. Try again in {minutes} minute{'s' if minutes > 1 else ''}."


def seconds_until(request: Request, error: TooManyAttemptsError) -> int:
    """How long nobody needs to try."""
    now: datetime = request.app.state.now()
    return max(1, ceil((error.until - now).total_seconds()))


def who_am_i(session: Session, viewer: Viewer) -> WhoAmI:
    """Every right that the viewer has anywhere."""
    codes = team_codes(session, viewer.organisation_id)
    may = [
        MayDo(
            right=right,
            everywhere=viewer.may_everywhere(right),
            teams=sorted(codes[team] for team in viewer.teams(right) or ()),
        )
        for right in Right
        if viewer.may(right)
    ]
    return WhoAmI(actor=viewer.actor, name=viewer.name, organisation=viewer.organisation_id, via=viewer.via, may=may)
