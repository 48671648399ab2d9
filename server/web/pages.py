"""The routes of the pages: thin, each a template and what it shows."""

import asyncio
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, WebSocket, status
from fastapi.responses import HTMLResponse

from server.api.access import public, somebody
from server.api.problems import Problem
from server.api.reference import PREFIX
from server.api.sessions import OpenSession
from server.api.shared import Secret, opened
from server.measures.positivity import PUBLISH_FROM
from server.web.figures.overview import overview
from server.web.handheld import Handheld, Message
from server.web.page import make_page
from server.web.refusals import sentences, title

pages = APIRouter(include_in_schema=False)


@pages.get("/shared/{secret}", dependencies=[public])
def get_shared(request: Request, session: OpenSession, secret: Secret) -> HTMLResponse:
    """The figures of a share link, without an account; nothing else of the organisation."""
    now = request.app.state.now()
    shared = opened(session, secret, now)
    content = overview(session, parse_qsl(shared.query), shared.viewer, now)
    own = {"shared": shared, "path": None, "api_address": f"{PREFIX}/shared/{secret}"}
    return make_page(request, "figures/overview.html.jinja", content | own)


@pages.get("/try", dependencies=[somebody])
def get_handheld(request: Request) -> HTMLResponse:
    """A handheld to press."""
    handheld: Handheld = request.app.state.handheld
    device = handheld.device()
    content = {
        "path": "/try",
        "provided": handheld.provided,
        "figures": f"/?device={device}" if device else "/",
        "publish_from": PUBLISH_FROM,
    }
    return make_page(request, "try.html.jinja", content)


@pages.websocket("/try/device", dependencies=[somebody])
async def visit_handheld(websocket: WebSocket) -> None:
    """Screens and counts out, presses and switches in (see Handheld.press); anything else ends it with a reason."""
    handheld: Handheld = websocket.app.state.handheld
    await websocket.accept()
    messages = await handheld.join()
    sender = asyncio.create_task(_forward(messages, websocket))
    try:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            if text is None:
                await websocket.close(status.WS_1003_UNSUPPORTED_DATA, "a visitor sends text")
                break
            await handheld.press(text)
    except ValueError as error:
        await websocket.close(status.WS_1008_POLICY_VIOLATION, str(error))
    finally:
        sender.cancel()
        handheld.leave(messages)


async def _forward(messages: asyncio.Queue[Message], websocket: WebSocket) -> None:
    while True:
        await websocket.send_json(await messages.get())


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A problem as a person reads it."""
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    content = {"path": None, "problem": problem, "heading": title(problem), "sentences": sentences(problem, given)}
    return make_page(request, "problem.html.jinja", content, problem.status)
