"""Passwords of people: Argon2id with the parameters that OWASP recommends, and what may be one."""

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from server.errors import OperatorError

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
MEMORY_KIB, PASSES, LANES = 19456, 2, 1
AT_ONCE_MAX = 4  # a crowd at the door must not take the memory of the figures: 4 x 19 MiB
LETTERS_MIN = 12
LETTERS_MAX = 128  # a longer one is work for the server, not safety for its owner
FIRST_PASSWORD_BYTES = 12

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
_gate = threading.BoundedSemaphore(AT_ONCE_MAX)


def check_password(password: str, email: str) -> None:
    """Raises OperatorError that says what is wrong with a new password; what it is made of is its owner's business."""
    if not LETTERS_MIN <= len(password) <= LETTERS_MAX:
        raise OperatorError(
            f"a password has {LETTERS_MIN} to {LETTERS_MAX} letters; several words are easy to remember."
        )
    if len(set(password)) < LETTERS_MIN // 2:
        raise OperatorError("this password repeats too few letters: several words are easy to remember.")
    if email.partition("@")[0].lower() in password.lower():
        raise OperatorError("this password holds the name of the account: choose another.")


def make_password() -> str:
    """A first password for somebody else, to be changed by its owner."""
    return secrets.token_urlsafe(FIRST_PASSWORD_BYTES)


def hash_password(password: str) -> str:
    """What the database keeps."""
    with _gate:
        return _hasher.hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether it is the one. Without a stored one it takes as long and is never right: nobody learns who has one."""
    nobodys = _nobodys()
    try:
        with _gate:
            _hasher.verify(stored or nobodys, password[: LETTERS_MAX + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())
