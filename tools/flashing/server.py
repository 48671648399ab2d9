"""The server of the fleet, asked over TLS: believed by the CA that the operator names and by no other."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tools.flashing.errors import InputError, ServerError

HTTPS = "https://"
WAIT_S = 30.0


@dataclass(frozen=True)
class Server:
    """Where the fleet is kept. `authority`: the file of the CA that its certificate must be signed by."""

    address: str
    authority: Path

    def client(self, token: str) -> httpx.Client:
        """Shows this token, and believes this CA alone. Raises InputError."""
        if not self.address.startswith(HTTPS):
            raise InputError(f"the server's address begins with {HTTPS}, not {self.address[:20]!r}.")
        try:
            context = ssl.create_default_context(cafile=str(self.authority))
        except (OSError, ssl.SSLError) as wrong:
            raise InputError(f"the CA file {self.authority} cannot be used: {wrong}") from None
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.address, verify=context, timeout=WAIT_S, headers=headers)

    def unreachable(self, error: httpx.HTTPError, nothing: str, unknown: str) -> ServerError:
        """No answer came. `nothing`: what that means where the question never arrived; `unknown`: where it may have."""
        never_asked = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
        why = "nobody answers there" if never_asked else f"no whole answer came ({type(error).__name__})"
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            why = f"its certificate is not one of the CA in {self.authority}, or is for another name"
        return ServerError(f"{self.address} cannot be reached: {why}. {nothing if never_asked else unknown}")


def detail(answer: httpx.Response) -> str:
    """What the server says about a refusal, in its own words."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def fields_of(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises ServerError when it is none."""
    try:
        return answer.json()
    except ValueError:
        raise ServerError("the server's answer cannot be read: is this the address of PET?") from None
