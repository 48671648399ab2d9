"""The cookie of a signed-in browser: no script reads it, no other site sends it with what changes anything."""

from fastapi import Response
from starlette.requests import HTTPConnection

from server.accounts.browsers import LASTS_MAX
from server.api.access import cookie_name


def give_cookie(response: Response, connection: HTTPConnection, secret: str) -> None:
    """Let the browser show this secret from now on."""
    _set(response, connection, secret, int(LASTS_MAX.total_seconds()))


def take_cookie(response: Response, connection: HTTPConnection) -> None:
    """Let the browser forget it."""
    _set(response, connection, "", 0)


def _set(response: Response, connection: HTTPConnection, value: str, max_age_s: int) -> None:
    encrypted: bool = connection.app.state.settings.web_is_encrypted
    response.set_cookie(
        cookie_name(connection), value, max_age=max_age_s, path="/", secure=encrypted, httponly=True, samesite="lax"
    )
    response.headers["Cache-Control"] = "no-store"
