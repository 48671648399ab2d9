"""`pet jobs`: what is due by itself."""

import signal
import threading
from typing import Annotated

import typer

from server.command_line import now
from server.database import make_engine
from server.errors import OperatorError
from server.settings import load_settings

jobs = typer.Typer(
    help="Scheduled work: concerns detected, drafts made, reports built, mails sent.", no_args_is_help=True
)


@jobs.callback()
def _group() -> None:
    """Scheduled work."""


@jobs.command("run")
def run(
    every: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="Go on until told to stop, with such a pause.")
    ] = None,
) -> None:
    """Do once what is due; safe to repeat, and beside another. A timer says it (deploy/systemd), or --every does."""
    from server.reports.jobs import run_once  # noqa: PLC0415 - it draws in FastAPI and typst, which take their time

    settings = load_settings()
    engine = make_engine(settings.database())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        while True:
            done = run_once(engine, settings, now)
            for line in done.what:
                print(line, flush=True)
            if every is None:
                break
            if stop.wait(every):
                return
    finally:
        engine.dispose()
    if done.failed:
        raise OperatorError("; ".join(done.failed))
