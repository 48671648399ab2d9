"""Asks the server for a device's identity, with a token that is good once; or reads one that was handed over as a file.

The answer holds the device's keys. It goes from here to the device's flash and nowhere else.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from protocol.errors import ProtocolError
from protocol.identity import Identity, decode_identity
from tools.flashing.errors import InputError, ServerError
from tools.flashing.journal_image import JournalImage

ENROLMENTS = "/api/v1/enrolments"
WAIT_S = 30.0
CREATED = 201


@dataclass(frozen=True)
class Server:
    """Where devices are enrolled. `authority`: the file of the CA that its certificate must be signed by."""

    address: str
    authority: Path

    def client(self) -> httpx.Client:
        """Believes this CA alone. Raises InputError."""
        if not self.address.startswith("https://"):
            raise InputError(f"the server's address begins with https://, not {self.address[:20]!r}.")
        try:
            context = ssl.create_default_context(cafile=str(self.authority))
        except (OSError, ssl.SSLError) as wrong:
            raise InputError(f"the CA file {self.authority} cannot be used: {wrong}") from None
        return httpx.Client(base_url=self.address, verify=context, timeout=WAIT_S)


@dataclass(frozen=True)
class Token:
    """One-use; `repr` does not show it."""

    secret: str = field(repr=False)


def read_tokens(text: str) -> list[Token]:
    """One a line. Raises InputError that shows none of it."""
    tokens = [Token(line.strip()) for line in text.splitlines() if line.strip()]
    if not tokens or any(not token.secret.startswith("pete_") for token in tokens):
        raise InputError("no enrolment tokens: one a line, as `pet enrolment token` prints them.")
    return tokens


def enrol(server: Server, token: Token, mac: str, serial: str | None, journal: JournalImage) -> Identity:
    """A new identity for this MAC, or its next keys. Raises ServerError with the server's own words."""
    asked: dict[str, Any] = {"mac": mac}
    if serial:
        asked["serial"] = serial
    if journal.journal_id:
        asked["journal"] = {"device": f"{journal.device_id:08x}", "waiting": len(journal.waiting)}
    try:
        with server.client() as client:
            answer = client.post(ENROLMENTS, json=asked, headers={"Authorization": f"Bearer {token.secret}"})
    except httpx.HTTPError as wrong:
        raise ServerError(
            f"{server.address} cannot be reached: {type(wrong).__name__}. Nothing was enrolled."
        ) from None
    if answer.status_code != CREATED:
        raise ServerError(f"the server refused to enrol {mac}: {_detail(answer)}")
    return _identity(answer)


def _identity(answer: httpx.Response) -> Identity:
    try:
        fields = answer.json()
        return Identity(
            fields["serial"],
            fields["device_id"],
            fields["key_epoch"],
            bytes.fromhex(fields["hmac_key"]),
            fields["mqtt_password"],
        )
    except (ValueError, KeyError, TypeError):
        raise ServerError(
            "the server's answer to the enrolment cannot be read: are both of the same version?"
        ) from None


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def read_identity_file(path: Path) -> Identity:
    """As `pet device enrol --identity-file` writes it. Raises InputError; no text holds a secret."""
    try:
        return decode_identity(path.read_bytes())
    except OSError as wrong:
        raise InputError(f"{path}: {wrong.strerror}.") from None
    except ProtocolError as wrong:
        raise InputError(f"{path}: {wrong}") from None
