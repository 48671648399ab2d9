"""What every request passes: known names only, no foreign page behind it, and headers that load nothing foreign."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from server.api.problems import make_problem
from server.api.reference import PREFIX

# A page elsewhere may point its own name at 127.0.0.1 and so read these pages in a visitor's browser; the Host header
# gives it away. The same holds for WebSockets, which no browser's same-origin rule protects: there Origin tells.
HOSTS = ("localhost", "127.0.0.1", "[::1]")
POLICY_VIOLATION = 1008
SAFE = {"GET", "HEAD", "OPTIONS"}  # they change nothing, whoever sends them

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that, browsers say Origin: null for our own forms, as for anybody's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ENCRYPTED_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class Gate:
    """ASGI middleware around everything else. `encrypted`: browsers come by https, here or to a proxy before this."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = (), *, encrypted: bool = False) -> None:
        self._app = app
        self._hosts = (*HOSTS, *(name.lower() for name in names))
        self._scheme = "https" if encrypted else "http"
        self._headers = HEADERS | ENCRYPTED_HEADERS if encrypted else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and add the headers to the answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._is_for_us(scope):
            text = f"This server answers to {', '.join(self._hosts)} only (PET_WEB_NAMES).\n"
            await self._refusal(scope, HTTPStatus.MISDIRECTED_REQUEST, text)(scope, receive, send)
        elif not self._is_from_us(scope):
            text = "This request comes from a page of another site, which may not act for you here.\n"
            await self._refusal(scope, HTTPStatus.FORBIDDEN, text)(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(send) if scope["type"] == "http" else send)

    def _is_for_us(self, scope: Scope) -> bool:
        return _without_port(Headers(scope=scope).get("host", "")) in self._hosts

    def _is_from_us(self, scope: Scope) -> bool:
        """Cookies come along whoever wrote the page; only Origin tells, and every browser sends it with what changes.

        A program sends neither: it may, with a token.
        """
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        ours = origin == f"{self._scheme}://{headers.get('host', '')}"
        if scope["type"] == "websocket":
            return ours
        if scope["method"] in SAFE:
            return True
        return ours if origin is not None else "cookie" not in headers

    def _refusal(self, scope: Scope, status: HTTPStatus, text: str) -> ASGIApp:
        if scope["type"] == "websocket":
            return WebSocketClose(POLICY_VIOLATION, "this page may not speak to this server")
        if scope["path"].startswith(f"{PREFIX}/"):
            response: Response = make_problem(status, text.strip()).response()
            response.headers.update(self._headers)
            return response
        return PlainTextResponse(text, status, self._headers)

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return send_with_headers


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isdecimal() else host.lower()
