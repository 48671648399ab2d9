"""How many requests this process has answered, by class of route and of status: no address, and nobody's name."""

from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.reference import PREFIX

# By what an address begins with; the first that fits. Whatever else there is, is a page.
CLASSES = {
    f"{PREFIX}/shared/": "shared",
    f"{PREFIX}/public/": "public",
    f"{PREFIX}/charts/": "picture",
    f"{PREFIX}/stats/": "figures",
    PREFIX: "interface",
    "/static/": "static",
    "/healthz": "operations",
    "/readyz": "operations",
    "/metrics": "operations",
}
PAGE = "page"


class Visits:
    """`counts` by (class of route, "2xx" and so on)."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def note(self, path: str, status: int) -> None:
        """One more."""
        found = next((name for start, name in CLASSES.items() if path.startswith(start)), PAGE)
        self.counts[found, f"{status // 100}xx"] += 1


class Counting:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, visits: Visits) -> None:
        self._app, self._visits = app, visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count each answer as it begins."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._visits.note(scope["path"], message["status"])
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)
