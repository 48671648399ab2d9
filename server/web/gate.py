"""What every request passes: only this machine's own names, and headers that let a page load nothing foreign."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

# A page elsewhere may point its own name at 127.0.0.1 and so read these pages in a visitor's browser; the Host header
# gives it away. The same holds for WebSockets, which no browser's same-origin rule protects: there Origin tells.
HOSTS = ("localhost", "127.0.0.1", "[::1]")
POLICY_VIOLATION = 1008

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FIGURES_HEADERS = {"Cache-Control": "private, no-cache"}  # of all but the static files


class Gate:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = HOSTS) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and add the headers to the answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._is_ours(scope):
            await self._refusal(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _without_port(host) not in self._hosts:
            return False
        return scope["type"] != "websocket" or headers.get("origin") == f"http://{host}"

    @staticmethod
    def _refusal(scope: Scope) -> ASGIApp:
        if scope["type"] == "websocket":
            return WebSocketClose(POLICY_VIOLATION, "this page may not speak to this server")
        text = f"This server answers to {', '.join(HOSTS)} only: there are no accounts yet.\n"
        return PlainTextResponse(text, HTTPStatus.MISDIRECTED_REQUEST, HEADERS)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isdecimal() else host.lower()


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
