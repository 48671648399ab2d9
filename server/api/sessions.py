"""The database as a route meets it: a view that only reads, or one transaction that is committed at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.access import signed_in
from server.database import act_as


def open_session(request: Request) -> Iterator[Session]:
    """One read-only view of the database, in which all figures of one answer agree."""
    with Session(request.app.state.engine) as session:
        yield session


@contextmanager
def writing(app: FastAPI, actor: str) -> Iterator[Session]:
    """One transaction in this actor's name: committed at its end, nothing of it on an error."""
    with Session(app.state.writing_engine) as session, session.begin():
        act_as(session, actor)
        yield session


def write_session(request: Request, viewer: Annotated[Viewer, Depends(signed_in)]) -> Iterator[Session]:
    """One transaction for the whole request, in the name of whoever asks."""
    with writing(request.app, viewer.actor) as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]
# Function scope: committed before the answer leaves, so that nobody is told of what was then not kept.
WritingSession = Annotated[Session, Depends(write_session, scope="function")]
