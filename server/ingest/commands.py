"""The commands of ingest: the worker itself, and the quarantine for people."""

import io
import logging
import signal
import sys
import threading
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select

from protocol.topics import device_name
from server.backup.hold import keep_out
from server.command_line import instant, now, transaction
from server.database import make_engine
from server.errors import OperatorError
from server.fleet.keys import open_key_ring
from server.ingest.accounts import keep_accounts
from server.ingest.broker_log import watch as watch_log
from server.ingest.due import watch
from server.ingest.receive import Receiver
from server.ingest.replay import replay
from server.ingest.tables import Quarantine
from server.ingest.worker import work
from server.settings import load_settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"

quarantine = typer.Typer(help="Authentic records that could not be stored.", no_args_is_help=True)


def ingest() -> None:
    """Run an ingest worker until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    settings = load_settings()
    key_ring = open_key_ring(settings.key_file)
    receiver = Receiver(settings)
    engine = make_engine(settings.database())
    keep_out(engine)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    receiver.start()
    threading.Thread(target=watch, args=(engine, key_ring, stopping), daemon=True).start()
    if settings.broker_keeps_accounts:
        accounts = (engine, key_ring, settings, stopping)
        threading.Thread(target=keep_accounts, args=accounts, daemon=True).start()
    try:
        work(receiver, engine, key_ring, stopping)
    finally:
        receiver.stop()
        engine.dispose()


def watch_broker() -> None:
    """Count what the broker refuses devices: read its log from standard input until that ends (docs/operations.md)."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    engine = make_engine(load_settings().database())
    logging.getLogger("pet.ingest").info("reading what the broker says")
    try:
        watch_log(engine, io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"))
    finally:
        engine.dispose()


@quarantine.command("list")
def list_quarantine() -> None:
    """What is in quarantine and why, oldest first."""
    query = select(Quarantine).where(Quarantine.resolution.is_(None)).order_by(Quarantine.received_at)
    with transaction() as session:
        rows = session.scalars(query).all()
        for row in rows:
            name, journal = device_name(row.device_id), row.journal_id.hex()
            print(f"{row.received_at:%Y-%m-%d %H:%M} {name} {journal} {row.sequence} {row.reason}: {row.detail}")
    if not rows:
        print("nothing is in quarantine")


@quarantine.command("replay")
def replay_quarantine(
    received_at: Annotated[
        datetime | None,
        typer.Option(
            parser=instant,
            metavar="INSTANT",
            help="When records that seemed to come from the future really arrived: the server's clock was behind.",
        ),
    ] = None,
) -> None:
    """Judge it all again, and deliver what can be stored by now."""
    if received_at is not None and received_at > now():
        raise OperatorError(f"{received_at} has not come yet: state when the records arrived.")
    with transaction() as session:
        delivered, left = replay(session.connection(), now(), received_at=received_at)
    which = "" if received_at is None else f" of what came before its time, judged as received at {received_at}"
    print(f"{delivered} records delivered, {left} left in quarantine{which}")
