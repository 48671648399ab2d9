"""ETags and 304: whoever has an answer already is told so, and nobody is told by another's."""

from collections.abc import Iterable
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARY = "Accept, Authorization, Cookie"
CACHE = "private, no-cache"  # kept by the one who asked, and asked for again before each use
DIGEST_CHARACTERS = 32


def tag(*parts: object) -> str:
    """A weak ETag of whatever an answer depends on."""
    text = "\n".join(map(repr, parts))
    return f'W/"{sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]}"'


def normalised(items: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same for two addresses that ask the same: order and repetition do not matter, nor does the format's name."""
    return tuple(sorted({(name, value) for name, value in items if name != "format"}))


def held(request: Request, etag: str) -> bool:
    """Whether the one who asks says that they hold this answer (RFC 9110, 13.1.2: compared weakly)."""
    return etag.removeprefix("W/") in _given(request)


def any_held(request: Request) -> bool:
    """Whether they say so of whatever the answer is: to be asked once it is known that there is one, not a refusal."""
    return "*" in _given(request)


def _given(request: Request) -> set[str]:
    return {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}


def headers(etag: str) -> dict[str, str]:
    """Of an answer with this ETag, and of the 304 in its place."""
    return {"ETag": etag, "Vary": VARY, "Cache-Control": CACHE}


def not_modified(etag: str) -> Response:
    """In place of an answer that the one who asks holds already."""
    return Response(status_code=304, headers=headers(etag))


class Conditional:
    """ASGI middleware: what a GET of the interface answers gets an ETag of its bytes, where its route gave none."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on that is no GET below the prefix."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._prefix):
            await self._app(scope, receive, _Tagging(Request(scope), send))
        else:
            await self._app(scope, receive, send)


class _Tagging:
    """Holds a successful answer back until its bytes are known: they are bounded by the routes' limits."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request, self._send = request, send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            tagged = "etag" in Headers(raw=message["headers"])
            MutableHeaders(scope=message).setdefault("Vary", VARY)
            MutableHeaders(scope=message).setdefault("Cache-Control", CACHE)
            if message["status"] == 200 and not tagged:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)
            return
        await self._send(message)

    async def _finish(self, start: Message) -> None:
        etag = tag(bytes(self._body))
        if held(self._request, etag) or any_held(self._request):
            await not_modified(etag)(self._request.scope, self._request.receive, self._send)
            return
        MutableHeaders(scope=start)["ETag"] = etag
        await self._send(start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})
