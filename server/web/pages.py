"""The routes of the pages: thin, each a template and what it shows."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, WebSocket, status
from fastapi.responses import HTMLResponse

from server.api.problems import Problem
from server.api.routes import OpenSession
from server.web.handheld import Handheld, Message
from server.web.overview import overview

pages = APIRouter(include_in_schema=False)


@pages.get("/")
def get_overview(request: Request, session: OpenSession) -> HTMLResponse:
    """The figures that the address asks for."""
    content = overview(session, request.query_params.multi_items(), request.app.state.now())
    return _page(request, "overview.html.jinja", content)


@pages.get("/try")
def get_handheld(request: Request) -> HTMLResponse:
    """A handheld to press."""
    return _page(request, "try.html.jinja", {"path": "/try", "provided": request.app.state.handheld.provided})


@pages.websocket("/try/device")
async def visit_handheld(websocket: WebSocket) -> None:
    """Screens and counts out, `press N` and `hold N` in; anything else ends the visit."""
    handheld: Handheld = websocket.app.state.handheld
    await websocket.accept()
    messages = await handheld.join()
    sender = asyncio.create_task(_forward(messages, websocket))
    try:
        async for text in websocket.iter_text():
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
    return _page(request, "problem.html.jinja", {"path": None, "problem": problem}, problem.status)


def _page(request: Request, template: str, content: dict[str, Any], code: int = 200) -> HTMLResponse:
    return HTMLResponse(request.app.state.templates.get_template(template).render(content), code)
