"""Who asks, and whether the route is for them: every route carries exactly one `needs(...)`, or `public`."""

from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, WebSocketException
from fastapi.routing import APIRoute, APIWebSocketRoute, RouteContext, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute
from starlette.status import WS_1008_POLICY_VIOLATION

from server.accounts.doors import Shown
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.problems import ProblemError, make_problem
from server.settings import is_loopback

Rule = Right | Literal["signed in", "public"]
COOKIE = "pet"
MARK = "rule_of_the_route"  # the attribute of a dependency that says which rule it enforces
# Added by the framework, not by a router of ours: the description of the interface, and style sheets.
UNRULED = {"/api/v1/openapi.json", "/static"}


def find_viewer(connection: HTTPConnection) -> Viewer | None:
    """Who asks: by API token, signed-in browser, or as this machine's own viewer; None for nobody."""
    state = connection.app.state
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    shown = Shown(
        token=token.strip() if scheme.lower() == "bearer" else None,
        browser=connection.cookies.get(cookie_name(connection)),
        from_this_machine=is_loopback(address_of(connection)),
    )
    connection.state.viewer = state.doors.find_viewer(shown, state.now())  # the head of every page names them
    viewer: Viewer | None = connection.state.viewer
    return viewer


def cookie_name(connection: HTTPConnection) -> str:
    """Of the signed-in browser's cookie; with the prefix no other host or path can have set it, where there is TLS."""
    return f"__Host-{COOKIE}" if connection.app.state.settings.web_is_encrypted else COOKIE


def address_of(connection: HTTPConnection) -> str:
    """The network address that the request comes from; behind a proxy that the settings name, as that tells it."""
    return connection.client.host if connection.client else ""


def signed_in(connection: HTTPConnection, viewer: Annotated[Viewer | None, Depends(find_viewer)]) -> Viewer:
    """Whoever is signed in, with any rights or none. Raises ProblemError 401."""
    if viewer is None:
        raise _refused(connection, HTTPStatus.UNAUTHORIZED, "Sign in first, or send an API token that is valid.")
    return viewer


def _refused(connection: HTTPConnection, status: HTTPStatus, sentence: str) -> Exception:
    if connection.scope["type"] == "websocket":
        return WebSocketException(WS_1008_POLICY_VIOLATION, sentence)
    return ProblemError(make_problem(status, sentence))


def _mark(dependency: Callable[..., Any], rule: Rule) -> None:
    setattr(dependency, MARK, rule)


_mark(signed_in, "signed in")
SignedIn = Annotated[Viewer, Depends(signed_in)]
somebody: Any = Depends(signed_in)  # for a route that does not look at who it is: `dependencies=[somebody]`


@cache
def _holder(right: Right) -> Callable[..., Viewer]:
    def holder(connection: HTTPConnection, viewer: SignedIn) -> Viewer:
        if not viewer.may(right):
            raise _refused(connection, HTTPStatus.FORBIDDEN, f"Your account has no right to {right}.")
        return viewer

    _mark(holder, right)
    return holder


def needs(right: Right) -> Any:
    """The viewer, who has this right at least somewhere; the route itself asks where (`require`).

    For `viewer: Annotated[Viewer, needs(Right.X)]`, or `dependencies=[needs(Right.X)]`. Raises ProblemError 401 or 403.
    """
    return Depends(_holder(right))


def _everybody() -> None:
    """Nothing is asked of who comes here."""


_mark(_everybody, "public")
public: Any = Depends(_everybody)  # `@router.get(..., dependencies=[public])`


def require(viewer: Viewer, right: Right, team_id: int | None, missing: str) -> None:
    """That this viewer has the right for the team; None: for the whole organisation.

    What they may not even see does not exist for them: 404 with the sentence `missing`. What they see: 403.
    """
    may = viewer.may_everywhere if team_id is None else lambda asked: viewer.may(asked, team_id)
    if may(right):
        return
    if may(Right.SEE_FIGURES) or may(Right.SEE_FLEET):
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, f"Your account has no right to {right} here."))
    raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, missing))


def rule_of(route: BaseRoute | RouteContext) -> Rule | None:
    """The one rule that this route states itself (what a session needs is none); None: it states none, or several."""
    original = route.original_route if isinstance(route, RouteContext) else route
    if not isinstance(original, APIRoute | APIWebSocketRoute):
        return None
    marks = [getattr(dependency.call, MARK, None) for dependency in original.dependant.dependencies]
    rules: list[Rule] = [mark for mark in marks if mark is not None]
    return rules[0] if len(rules) == 1 else None


def check_rules(routes: Sequence[BaseRoute]) -> None:
    """Deny by default: an application with a route that does not say who may use it is not made."""
    for route in iter_route_contexts(routes):
        path = getattr(route, "path", None)
        if path not in UNRULED and rule_of(route) is None:
            raise RuntimeError(f"{path}: exactly one needs(...) or public must say who may use this route.")
