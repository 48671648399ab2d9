"""`pet demo`: the whole line on this machine, for people to look at, or checked by itself."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from server.demo.check import run_check
from server.demo.line import WEB_PORT
from server.demo.run import run_demo

DIRECTORY = Path(".pet")


class BrokerChoice(StrEnum):
    """Which broker the demo starts."""

    AUTOMATIC = "automatic"  # Mosquitto where it is present or may be installed, else the embedded one
    EMBEDDED = "embedded"


def demo(
    *,
    check: Annotated[bool, typer.Option("--check", help="Check the line without an onlooker, then stop.")] = False,
    broker: Annotated[BrokerChoice, typer.Option(help="Mosquitto, or the embedded broker.")] = BrokerChoice.AUTOMATIC,
    port: Annotated[
        int | None, typer.Option(help=f"Of the pages: {WEB_PORT}; with --check, a free one.", min=1, max=65535)
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where the data are kept.")] = DIRECTORY,
) -> None:
    """Run the whole line on this machine, with simulated devices that run the real firmware. Ctrl-C stops it."""
    embedded = broker is BrokerChoice.EMBEDDED
    if not check:
        run_demo(directory, embedded_broker=embedded, web_port=port or WEB_PORT)
        return
    agree = run_check(directory / "check", embedded_broker=embedded, web_port=port)
    sys.exit(0 if agree else 1)
