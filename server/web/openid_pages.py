"""The two addresses of sign-in by OpenID Connect: the way to the organisation's provider, and the way back."""

import logging
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from server.accounts.openid import NoAccountError, OpenIdError, Provider, find_account, read_attempt
from server.accounts.signing_in import sign_in_as
from server.api.access import cookie_name, public
from server.api.problems import ProblemError, make_problem
from server.web.sign_in import HOME, inside, signed_in

WAY_BACK = "/sign-in/openid/return"
COOKIE = "pet-openid"
LASTS_S = 600  # to type a password and find the telephone for the second factor
log = logging.getLogger(__name__)

openid_pages = APIRouter(include_in_schema=False)


@openid_pages.get("/sign-in/openid", dependencies=[public])
def get_openid(request: Request, to: Annotated[str, Query()] = HOME) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    try:
        address, attempt = provider.way_there(_way_back(request))
    except OpenIdError as error:
        raise _unavailable(error) from None
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    # Lax: it must come along when the provider's page sends the browser back.
    _set(response, request, f"{attempt.cookie()}/{quote(inside(to), safe='')}", LASTS_S)
    return response


@openid_pages.get(WAY_BACK, dependencies=[public])
def get_return(request: Request) -> Response:
    """Sign in whom the provider vouches for, if they have an account here."""
    provider = _provider(request)
    attempt, _, to = request.cookies.get(_name(request), "").partition("/")
    try:
        claims = provider.who_came_back(str(request.url), read_attempt(attempt), _way_back(request))
        person = find_account(request.app.state.writing_engine, claims)
    except OpenIdError as error:
        raise _unavailable(error) from None
    except NoAccountError:
        detail = "Your organisation knows you, but you have no account here. Ask an administrator for one."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail)) from None
    state = request.app.state
    entered = sign_in_as(state.writing_engine, person, state.now(), request.cookies.get(cookie_name(request)))
    response = signed_in(request, entered.secret, unquote(to))
    _set(response, request, "", 0)
    return response


def _provider(request: Request) -> Provider:
    """Raises ProblemError 404 where the settings name none."""
    settings = request.app.state.settings
    if not settings.oidc_issuer:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no {request.url.path} on this server."))
    return Provider(settings)


def _way_back(request: Request) -> str:
    """By the name that the browser asked for, which the gate has checked."""
    scheme = "https" if request.app.state.settings.web_is_encrypted else "http"
    return f"{scheme}://{request.headers['host']}{WAY_BACK}"


def _unavailable(error: OpenIdError) -> ProblemError:
    log.warning("OpenID Connect: %s", error)
    detail = "Signing in with your organisation's account did not work. Begin again from the sign-in page."
    return ProblemError(make_problem(HTTPStatus.BAD_REQUEST, detail))


def _name(request: Request) -> str:
    encrypted = request.app.state.settings.web_is_encrypted
    return f"__Host-{COOKIE}" if encrypted else COOKIE


def _set(response: Response, request: Request, value: str, max_age_s: int) -> None:
    encrypted: bool = request.app.state.settings.web_is_encrypted
    response.set_cookie(
        _name(request), value, max_age=max_age_s, path="/", secure=encrypted, httponly=True, samesite="lax"
    )
