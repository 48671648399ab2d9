"""A transaction of an operator's command: whatever it changes, the devices' desired states follow in the same one."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from server.command_line import now, transaction
from server.fleet.desired import refresh
from server.fleet.keys import KeyRing, open_key_ring
from server.settings import load_settings


@contextmanager
def rollout() -> Iterator[Session]:
    """As `transaction`; at its end the desired states are made anew and the revisions of those that changed rise."""
    with transaction() as session:
        yield session
        refresh(session, key_ring, now())


def key_ring() -> KeyRing:
    """Of the key file of the settings, opened where a secret is needed."""
    return open_key_ring(load_settings().key_file)
