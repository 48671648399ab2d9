"""What is shown instead of a password: random, recognisable by how it begins, and stored as its SHA-256 only."""

import hashlib
import re
import secrets

SECRET_BYTES = 32
# How they begin: whoever finds one in a log knows what leaked.
TOKEN, SHARE, BROWSER, ENROLMENT = "pet_", "pets_", "petb_", "pete_"
_FORM = re.compile(r"pet[sbe]?_[A-Za-z0-9_-]{43}")


def make_secret(kind: str) -> str:
    """A new one; `kind` is TOKEN, SHARE, BROWSER or ENROLMENT."""
    return kind + secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> bytes:
    """What the database keeps: of 32 random bytes nothing can be guessed, so it needs no salt and no slowness."""
    return hashlib.sha256(secret.encode()).digest()


def is_secret(text: str, kind: str) -> bool:
    """Whether it can be one: anything else is not looked up."""
    return text.startswith(kind) and _FORM.fullmatch(text) is not None
