"""`pet web`: the process that answers browsers and programs."""

import socket
import ssl
import sys

import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session

from server.aggregates.catalogue import organisations
from server.app import create_app
from server.command_line import database_trouble
from server.errors import OperatorError
from server.settings import Settings, listed, load_settings

BACKLOG = 128
MESSAGE_BYTES_MAX = 256  # a visitor of /try says "press 3" and no more
SHUTDOWN_TIMEOUT_S = 5


def serve() -> None:
    """Serve the pages and the interface until told to stop. Raises OperatorError where the port is taken."""
    settings = load_settings()  # refuses to leave this machine without TLS
    with listen(settings.web_host, settings.web_port) as listener:
        app = create_app(settings)
        _tell(_where(settings))
        with Session(app.state.engine) as session:
            trouble = database_trouble(lambda: organisations(session))
        if trouble:
            _tell(f"{trouble} Until then every page says so.")
        try:
            server = make_server(app, settings)
        except (OSError, ssl.SSLError) as error:
            raise OperatorError(
                f"PET_WEB_CERTIFICATE_FILE and PET_WEB_KEY_FILE cannot be used together ({error.strerror or error})."
            ) from None
        server.run([listener])


def make_server(app: FastAPI, settings: Settings | None = None) -> uvicorn.Server:
    """The server that an application runs in; it listens where the caller does. Raises OSError, SSLError."""
    trusted = listed(settings.web_proxy) if settings else []
    certificate = settings.web_certificate_file if settings else None
    key = settings.web_key_file if settings else None
    configuration = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES_MAX,
        server_header=False,
        proxy_headers=bool(trusted),  # who comes, as the proxy tells it: nobody else is believed
        forwarded_allow_ips=trusted,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        access_log=False,  # addresses of pages say what somebody asked about
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )
    configuration.load()  # here, where a certificate that is none can still be told in a sentence
    return uvicorn.Server(configuration)


def _where(settings: Settings) -> str:
    if settings.web_is_encrypted:
        names = ", ".join(f"https://{name}/" for name in listed(settings.web_names))
        behind = " behind the proxy" if settings.web_proxy else ""
        return f"port {settings.web_port} on {settings.web_host} serves {names}{behind}"
    return f"http://{settings.web_host}:{settings.web_port}/ shows the pages, on this machine only"


def _tell(words: str) -> None:
    print(f"pet web: {words}", file=sys.stderr, flush=True)


def listen(host: str, port: int) -> socket.socket:
    """The socket that `make_server` answers at; port 0: any. Raises OperatorError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OperatorError(
            f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, or set PET_WEB_PORT."
        ) from None
    # What it accepts inherits it. asyncio sets it only on sockets made with their protocol named, which this one is
    # not; without it the second half of every answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
