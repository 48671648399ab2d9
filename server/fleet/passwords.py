"""Passwords on the broker: a device's, which follows from its key, and the one form in which the broker stores any."""

import hmac
import secrets
from base64 import b64encode
from hashlib import pbkdf2_hmac, sha256

# What Mosquitto itself uses. Few, which is why the passwords here are 256 random bits and never a person's.
ITERATIONS = 101
SALT_BYTES = 12
PURPOSE = b"pet: password on the broker"
FINGERPRINT_DIGITS = 16


def broker_password(hmac_key: bytes) -> str:
    """64 hex digits. So the server stores no password at all, and the broker, which sees it, cannot tell the key."""
    return hmac.digest(hmac_key, PURPOSE, "sha256").hex()


def fingerprint(password: str) -> str:
    """By which a password that the broker has is known to be the right one; no guess finds 256 random bits."""
    return sha256(password.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def hashed(password: str) -> dict[str, str | int]:
    """As Mosquitto's dynamic security stores it: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return {"password": b64encode(digest).decode(), "salt": b64encode(salt).decode(), "iterations": ITERATIONS}
