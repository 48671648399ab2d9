"""Asks the server for a device's identity, with a token that is good once; or reads one that was handed over as a file.

The answer holds the device's keys. It goes from here to the device's flash and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from protocol.errors import ProtocolError
from protocol.identity import Identity, decode_identity
from tools.flashing.errors import InputError, ServerError
from tools.flashing.journal_image import JournalImage
from tools.flashing.server import Server, detail

ENROLMENTS = "/api/v1/enrolments"
CREATED = 201


@dataclass(frozen=True)
class Token:
    """One-use; `repr` does not show it.

    `answers`, by MAC: on a noisy line the device is opened again, more slowly, when the token has been used already.
    """

    secret: str = field(repr=False)
    answers: dict[str, Identity] = field(default_factory=dict, repr=False, compare=False)


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
    if mac not in token.answers:
        token.answers[mac] = _identity(_asked(server, token, mac, asked))
    return token.answers[mac]


def _asked(server: Server, token: Token, mac: str, asked: dict[str, Any]) -> httpx.Response:
    try:
        with server.client(token.secret) as client:
            answer = client.post(ENROLMENTS, json=asked)
    except httpx.HTTPError as wrong:
        raise server.unreachable(
            wrong,
            "Nothing was enrolled.",
            "It may have enrolled the device: say it again, with a new token.",
        ) from None
    if answer.status_code != CREATED:
        raise ServerError(f"the server refused to enrol {mac}: {detail(answer)}")
    return answer


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


def read_identity_file(path: Path) -> Identity:
    """As `pet device enrol --identity-file` writes it. Raises InputError; no text holds a secret."""
    try:
        return decode_identity(path.read_bytes())
    except OSError as wrong:
        raise InputError(f"{path}: {wrong.strerror}.") from None
    except ProtocolError as wrong:
        raise InputError(f"{path}: {wrong}") from None
