"""The command that revokes a device: from then on the server refuses whatever it sends. No cable is needed for it."""

from __future__ import annotations

import re
import sys
from http import HTTPStatus
from typing import Annotated, Any

import httpx
import typer

from tools.flashing.confirming import confirm
from tools.flashing.errors import InputError, ServerError
from tools.flashing.grouping import grouped
from tools.flashing.options import STDIN, Authority, Confirmed, Manner, read_secret, server_of
from tools.flashing.server import Server, detail, fields_of

commands = typer.Typer()

DEVICES = "/api/v1/devices"
PAGE = 200  # the most that the server gives at once
NUMBER = re.compile(r"[0-9a-f]{8}")  # what names a device on the broker
TOKEN = re.compile(r"pet_[A-Za-z0-9_-]{43}")
RIGHTS = '"see the fleet" and "manage the fleet"'
REVOKED = "revoked"
NOTHING = "nothing was revoked"

Row = dict[str, Any]  # a device, as GET /api/v1/devices tells it
Who = Annotated[str, typer.Argument(metavar="SERIAL", help="Its serial, or its 8 hex digits.")]
Address = Annotated[str, typer.Option("--server", help="https address of the server.")]
ApiToken = Annotated[
    str | None,
    typer.Option("--token-file", help=f"An API token with the rights {RIGHTS}; - for standard input; else asked for."),
]


@commands.command("revoke")
@grouped
def revoke_command(
    serial: Who,
    address: Address,
    authority: Authority = None,
    token_file: ApiToken = None,
    confirmed: Confirmed = None,
    *,
    manner: Manner,
) -> None:
    """Have the server refuse a device; no cable is needed.

    What it sends counts no more from now on, and the broker puts it out.
    """
    server, speaker = server_of(address, authority), manner.speaker
    with server.client(read_api_token(token_file)) as client:
        found = find(server, client, serial)
        name = f"{found['serial']} ({found['device']})"
        told = {key: found[key] for key in ("serial", "device", "mac", "team", "waiting")}
        if found["state"] == REVOKED:
            speaker.say(REVOKED, f"{name} is revoked already: nothing is left to do.", **told, changed=False)
            return
        place = f"with the team {found['team']}" if found["team"] else "with no team"
        waits = f"{found['waiting']} answers still wait on it, and would not be taken"
        state = f"{name} is {found['state']}, {place}; {waits}."
        if manner.dry_run:
            speaker.say("would-revoke", f"{state} It would be revoked.", **told, state=found["state"])
            return
        confirm(found["serial"], confirmed, f"{state} Type its serial to revoke it", NOTHING)
        revoke(server, client, found["device"])
    words = (
        f"{name} is revoked: what it sends is refused. The broker puts it out within two seconds, if `pet ingest` runs "
        "and reaches it; else as soon as that does."
    )
    speaker.say(REVOKED, words, **told, changed=True)


def find(server: Server, client: httpx.Client, word: str) -> Row:
    """The device of this serial, or of these 8 hex digits. Raises InputError, ServerError."""
    unknown = InputError(f"there is no device {word} at {server.address}, as far as this token sees: {NOTHING}.")
    if NUMBER.fullmatch(word):
        answer = _ask(server, client, "GET", f"{DEVICES}/{word}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise unknown
        return dict(_row(_checked(answer), "device"))
    page: str | None = f"{DEVICES}?limit={PAGE}"
    while page:
        fields = _checked(_ask(server, client, "GET", page))
        for each in _row(fields, "data"):
            if each["serial"] == word:
                return dict(each)
        page = _row(fields, "links")["next"]
    raise unknown


def revoke(server: Server, client: httpx.Client, device: str) -> None:
    """Raises ServerError in the server's words, or where no answer came."""
    _checked(_ask(server, client, "PATCH", f"{DEVICES}/{device}", json={"state": REVOKED}))


def read_api_token(source: str | None) -> str:
    """From a file, standard input, or typed without being shown. Raises InputError that shows none of it."""
    if source is not None:
        secret = sys.stdin.readline() if source == STDIN else read_secret(source)
    elif sys.stdin.isatty():
        secret = typer.prompt("API token (it is not shown)", hide_input=True, err=True)
    else:
        raise InputError("name the file of an API token by --token-file, or - for standard input.")
    if not TOKEN.fullmatch(secret.strip()):
        raise InputError(
            "that is no API token: it begins with pet_, and people make theirs over the interface (docs/api.md). One "
            "that begins with pete_ enrols a device and does nothing else."
        )
    return secret.strip()


def _ask(server: Server, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    try:
        return client.request(method, path, **more)
    except httpx.HTTPError as wrong:
        unknown = "Whether it was revoked is not known: say it again." if method == "PATCH" else f"So {NOTHING}."
        raise server.unreachable(wrong, f"So {NOTHING}.", unknown) from None


def _checked(answer: httpx.Response) -> Any:
    """The JSON of an answer that is no refusal. Raises ServerError."""
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise ServerError(f"the server does not take this token; it may have ended, or been revoked: {NOTHING}.")
    if answer.status_code == HTTPStatus.FORBIDDEN:
        raise ServerError(f"this token may not do that: {detail(answer)} It needs the rights {RIGHTS}; {NOTHING}.")
    if answer.status_code != HTTPStatus.OK:
        raise ServerError(f"the server refused: {detail(answer)} So {NOTHING}.")
    return fields_of(answer)


def _row(fields: Any, name: str) -> Any:
    """One part of an answer. Raises ServerError where it is not there."""
    try:
        return fields[name]
    except (KeyError, TypeError):
        raise ServerError("the server's answer cannot be read: are both of the same version?") from None
