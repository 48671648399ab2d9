"""The pages on which people sign in and out and change their password; they work without JavaScript."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.accounts.passwords import LETTERS_MIN
from server.accounts.signing_in import WrongCredentialsError
from server.accounts.throttle import TooManyAttemptsError
from server.api.access import SignedIn, public
from server.api.cookies import give_cookie
from server.api.session import (
    EMAIL_MAX,
    PASSWORD_ROOM,
    WRONG,
    can_anybody,
    change_own,
    enter,
    in_person,
    leave,
    seconds_until,
    too_many,
)
from server.api.sessions import WritingSession
from server.errors import OperatorError
from server.web.page import make_page

HOME = "/"
TO_MAX = 2000

sign_in_pages = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]
Destination = Annotated[str, Query()]


@sign_in_pages.get("/sign-in", dependencies=[public])
def get_sign_in(request: Request, to: Destination = HOME) -> HTMLResponse:
    """The form. `to`: where somebody wanted to go."""
    return _form(request, to)


@sign_in_pages.post("/sign-in", dependencies=[public])
def post_sign_in(request: Request, email: Text = "", password: Text = "", to: Text = HOME) -> Response:
    """Sign in and go on; a first password is to be changed first."""
    missing = {
        name: sentence
        for name, value, sentence in (
            ("email", email.strip(), "Enter your e-mail address"),
            ("password", password, "Enter your password"),
        )
        if not value
    }
    if missing:
        return _form(request, to, email, missing)
    if len(email) > EMAIL_MAX or len(password) > PASSWORD_ROOM:
        return _form(request, to, email[:EMAIL_MAX], {"email": WRONG})
    try:
        entered = enter(request, email, password)
    except WrongCredentialsError:
        return _form(request, to, email, {"email": WRONG})
    except TooManyAttemptsError as error:
        answer = _form(request, to, email, {"email": too_many(request, error)}, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(seconds_until(request, error))
        return answer
    return signed_in(request, entered.secret, "/password" if entered.first_password else to)


@sign_in_pages.get("/sign-out", dependencies=[public])
def get_sign_out(request: Request) -> HTMLResponse:
    """Ask: an address alone, as a picture's, must not sign anybody out."""
    return make_page(request, "sign_out.html.jinja", {})


@sign_in_pages.post("/sign-out", dependencies=[public])
def post_sign_out(request: Request) -> Response:
    """Sign this browser out."""
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    leave(request, response)
    return response


@sign_in_pages.get("/password")
def get_password(request: Request, viewer: SignedIn) -> HTMLResponse:
    """The form for another password."""
    in_person(viewer)
    return _password_form(request, {})


@sign_in_pages.post("/password")
def post_password(
    request: Request, session: WritingSession, viewer: SignedIn, old: Text = "", new: Text = ""
) -> HTMLResponse:
    """Change one's own password."""
    in_person(viewer)
    try:
        change_own(request, session, viewer, old[:PASSWORD_ROOM], new[:PASSWORD_ROOM])
    except WrongCredentialsError:
        return _password_form(request, {"old": "This is not your present password"})
    except TooManyAttemptsError as error:
        return _password_form(request, {"old": too_many(request, error)})
    except OperatorError as error:
        sentence = str(error)
        return _password_form(request, {"new": sentence[0].upper() + sentence[1:]})
    return make_page(request, "password.html.jinja", {"changed": True, "errors": {}, "letters_min": LETTERS_MIN})


def ask_to_sign_in(request: Request) -> Response:
    """In place of a page that is for those only who are signed in."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    onward = "" if address == HOME else f"?to={quote(address[:TO_MAX], safe='')}"
    return RedirectResponse(f"/sign-in{onward}", HTTPStatus.SEE_OTHER)


def signed_in(request: Request, secret: str, to: str) -> Response:
    """Go on to the page that somebody wanted, with the cookie."""
    response = RedirectResponse(inside(to), HTTPStatus.SEE_OTHER)
    give_cookie(response, request, secret)
    return response


def inside(to: str) -> str:
    """A path of this server, whatever a link made by somebody else says; browsers read a backslash as a slash."""
    plain = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if plain and len(to) <= TO_MAX else HOME


def _form(
    request: Request,
    to: str,
    email: str = "",
    errors: dict[str, str] | None = None,
    code: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HTMLResponse:
    content: dict[str, Any] = {
        "to": inside(to),
        "email": email,
        "errors": errors or {},
        "anybody": can_anybody(request),
        "openid": bool(request.app.state.settings.oidc_issuer),
    }
    return make_page(request, "sign_in.html.jinja", content, code if errors else HTTPStatus.OK)


def _password_form(request: Request, errors: dict[str, str]) -> HTMLResponse:
    content = {"changed": False, "errors": errors, "letters_min": LETTERS_MIN}
    code = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return make_page(request, "password.html.jinja", content, code)
