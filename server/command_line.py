"""What every command does around its own work: settings, one transaction, and words for what goes wrong."""

import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from server.database import act_as, make_engine
from server.errors import OperatorError
from server.settings import load_settings

EXIT_OPERATOR = 2  # something the operator can put right; anything else that ends a command is a bug

OrganisationName = Annotated[
    str | None, typer.Option("--organisation", help="Its name; needed only where there are several.")
]


@contextmanager
def transaction(*, snapshot: bool = False) -> Iterator[Session]:
    """A session on the database of the settings, committed once at the end. Functions below never commit.

    `snapshot`: it only reads, and sees one state of the database throughout.
    """
    engine = make_engine(load_settings().database())
    try:
        with Session(engine) as session, session.begin():
            if snapshot:
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            act_as(session, actor())
            yield session
    finally:
        engine.dispose()


def actor() -> str:
    """Who types this, as the audit log names them."""
    return f"command line, user {_account()}"


def _account() -> str:
    """Of the system, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def instant(written: str) -> datetime:
    """An ISO 8601 instant with its offset from UTC."""
    try:
        value = datetime.fromisoformat(written)
    except ValueError:
        raise OperatorError(f"{written} is not an instant: write it like 2026-01-31T09:00:00+00:00.") from None
    if value.tzinfo is None:
        raise OperatorError(f"{written} does not say which time zone it is in: add Z for UTC, or +01:00.")
    return value


def now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


def run(app: Callable[[], None]) -> None:
    """Run the command line; what an operator can put right ends it with one sentence and exit code 2."""
    try:
        app()
    except OperatorError as error:
        stop(str(error))
    except (OperationalError, ProgrammingError) as error:
        stop(_explained(error))


def database_trouble(ask: Callable[[], object]) -> str | None:
    """What the operator should know when the database cannot be asked this; None when it can."""
    try:
        ask()
    except (OperationalError, ProgrammingError) as error:
        return _explained(error)
    return None


def stop(sentence: str) -> None:
    """End the process with this sentence on stderr."""
    print(f"pet: {sentence}", file=sys.stderr)
    sys.exit(EXIT_OPERATOR)


def _explained(error: OperationalError | ProgrammingError) -> str:
    cause = str(error.orig).strip().splitlines()[0].rstrip(".")
    if isinstance(error, OperationalError):
        return f"the database does not answer: {cause}. Is it running, and is PET_DATABASE_URL right?"
    return f"the database refuses: {cause}. On a first install and after an update, say `pet migrate`."
