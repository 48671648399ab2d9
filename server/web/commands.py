"""`pet web`: the process that answers browsers and programs."""

import socket

import uvicorn
from fastapi import FastAPI

from server.app import create_app
from server.errors import OperatorError
from server.settings import load_settings

BACKLOG = 128
MESSAGE_BYTES_MAX = 256  # a visitor of /try says "press 3" and no more
SHUTDOWN_TIMEOUT_S = 5


def serve() -> None:
    """Serve the pages and the interface until told to stop. Raises OperatorError where the port is taken."""
    settings = load_settings()  # refuses every host but loopback
    with _listen(settings.web_host, settings.web_port) as listener:
        make_server(create_app(settings)).run([listener])


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


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OperatorError(
            f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, or set PET_WEB_PORT."
        ) from None
