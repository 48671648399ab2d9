"""The routes of the pages: thin, each a template and what it shows."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, WebSocket, status
from fastapi.responses import HTMLResponse

from server.api.problems import Problem
from server.api.routes import OpenSession
from server.measures.positivity import PUBLISH_FROM
from server.web.handheld import Handheld, Message
from server.web.overview import overview
from server.web.refusals import sentences, title

pages = APIRouter(include_in_schema=False)


@pages.get("/")
def get_overview(request: Request, session: OpenSession) -> HTMLResponse:
    """The figures that the address asks for."""
    content = overview(session, request.query_params.multi_items(), request.app.state.now())
    return _page(request, "overview.html.jinja", content)


@pages.get("/try")
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
    return _page(request, "try.html.jinja", content)


@pages.websocket("/try/device")
async def visit_handheld(websocket: WebSocket) -> None:
    """Screens and counts out, presses in (`press N`, `hold N`, `staff`); anything else ends it with a reason."""
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
    return _page(request, "problem.html.jinja", content, problem.status)


def _page(request: Request, template: str, content: dict[str, Any], code: int = 200) -> HTMLResponse:
    return HTMLResponse(request.app.state.templates.get_template(template).render(content), code)
