"""`pet web`: the process that answers browsers and programs."""

import socket
import sys

import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session

from server.aggregates.catalogue import organisations
from server.app import create_app
from server.command_line import database_trouble
from server.errors import OperatorError
from server.settings import load_settings

BACKLOG = 128
MESSAGE_BYTES_MAX = 256  # a visitor of /try says "press 3" and no more
SHUTDOWN_TIMEOUT_S = 5


def serve() -> None:
    """Serve the pages and the interface until told to stop. Raises OperatorError where the port is taken."""
    settings = load_settings()  # refuses every host but loopback
    with _listen(settings.web_host, settings.web_port) as listener:
        app = create_app(settings)
        _tell(f"http://{settings.web_host}:{settings.web_port}/ shows the pages, on this machine only")
        with Session(app.state.engine) as session:
            trouble = database_trouble(lambda: organisations(session))
        if trouble:
            _tell(f"{trouble} Until then every page says so.")
        make_server(app).run([listener])


def make_server(app: FastAPI) -> uvicorn.Server:
    """The server that an application runs in; it listens where the caller does."""
    configuration = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES_MAX,
        server_header=False,
        proxy_headers=False,
        access_log=False,  # addresses of pages say what somebody asked about
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )
    return uvicorn.Server(configuration)


def _tell(words: str) -> None:
    print(f"pet web: {words}", file=sys.stderr, flush=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OperatorError(
            f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, or set PET_WEB_PORT."
        ) from None
