"""Passwords as Mosquitto's password file holds them."""

import secrets
from base64 import b64encode
from hashlib import pbkdf2_hmac

# What mosquitto_passwd uses. Few, which is why the passwords here are 256 random bits and never a person's.
ITERATIONS = 101
SALT_BYTES = 12


def hash_password(password: str) -> str:
    """`$7$iterations$salt$hash`: PBKDF2 with SHA-512, as Mosquitto 1.6 and later read it."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"
