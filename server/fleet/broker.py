"""The broker's accounts follow the database: which there should be, and what must change where they differ.

Each device has one account, bound to its own client id, and one role with its own topics spelt out (patterns with the
user's name in them allow nothing in Mosquitto 2.0). Whatever no role allows is denied. docs/adr/0011 says more.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from protocol.topics import PREFIX, device_name
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.broker_control import Ask, Command
from server.fleet.keys import KeyRing
from server.fleet.passwords import broker_password, fingerprint, hashed
from server.fleet.tables import ACTIVE, LOST, Device, DeviceKey

SERVER_ROLE = "pet-server"
# Accounts with other names than a device's belong to the administrator: they are left alone.
DEVICE_NAME = re.compile("[0-9a-f]{8}")
FOLLOW_LOCK = 0x50455442  # of several workers one at a time makes the broker follow
DENIED = {"publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": False}


class Account(NamedTuple):
    """A device that is let in."""

    name: str
    password: str

    @property
    def acls(self) -> list[dict[str, Any]]:
        """The device's own topics, and nothing else."""
        up, down = f"{PREFIX}/{self.name}/up/#", f"{PREFIX}/{self.name}/down/#"
        return [_allow("publishClientSend", up), *_hears(down)]


class Followed(NamedTuple):
    """What had to be changed for the broker to follow, and how many devices it lets in now."""

    removed: int
    made: int
    let_in: int
    unreadable: int

    @property
    def words(self) -> str:
        """For a log and for people."""
        words = f"{self.let_in} devices let in; {self.made} accounts made, {self.removed} removed"
        return f"{words}; {self.unreadable} have keys that this key file does not open" if self.unreadable else words


def wanted_accounts(session: Session, key_ring: KeyRing) -> tuple[dict[str, Account], int]:
    """By name: active and lost devices (what a lost one sends is evidence); no revoked and no retired one.

    And how many have a key that cannot be read: ingest could believe nothing of theirs, and they hold nobody else up.
    """
    rows = session.execute(
        select(Device.device_id, Device.organisation_id, DeviceKey.key_epoch, DeviceKey.wrapped_key)
        .join(DeviceKey, on_keys(DeviceKey, Device, "device_id", "key_epoch"))
        .where(Device.state.in_((ACTIVE, LOST)))
    )
    accounts, unreadable = {}, 0
    for row in rows:
        try:
            key = key_ring.unwrap(row.wrapped_key, row.organisation_id, row.device_id, row.key_epoch)
        except OperatorError:
            unreadable += 1
            continue
        name = device_name(row.device_id)
        accounts[name] = Account(name, broker_password(key))
    return accounts, unreadable


def follow(session: Session, key_ring: KeyRing, ask: Ask) -> Followed:
    """Make the broker's accounts what the database says; where they are so already, nothing is sent to change them.

    Who is to stay out is put out first. Raises OperatorError where the broker refuses; then the same is tried again.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FOLLOW_LOCK})
    wanted, unreadable = wanted_accounts(session, key_ring)
    clients, roles, default = ask(
        [
            {"command": "listClients", "verbose": True},
            {"command": "listRoles", "verbose": True},
            {"command": "getDefaultACLAccess"},
        ]
    )
    if any(each["allow"] for each in default["acls"]):
        ask([{"command": "setDefaultACLAccess", "acls": [{"acltype": kind, "allow": False} for kind in DENIED]}])
    removed = _removals(_by(clients["clients"], "username"), _by(roles["roles"], "rolename"), wanted)
    made = [account for name, account in wanted.items() if name in removed or name not in _names(clients)]
    _send(ask, [command for commands in removed.values() for command in commands])
    _send(ask, [command for account in made for command in account_commands(account)])
    gone = [name for name in removed if name not in wanted]
    return Followed(len(gone), len(made), len(wanted), unreadable)


def account_commands(account: Account) -> list[Command]:
    """What makes an account that is not there."""
    return [
        {"command": "createRole", "rolename": account.name, "acls": account.acls},
        {
            "command": "createClient",
            "username": account.name,
            "password": account.password,
            "clientid": account.name,  # or one stolen device could throw another off by taking its id
            "textdescription": fingerprint(account.password),
            "roles": [{"rolename": account.name}],
        },
    ]


def first_state(users: Mapping[str, str]) -> bytes:
    """The file that a new broker starts from: the server's accounts (password by user), and nobody else."""
    acls = [
        _allow("publishClientSend", "$CONTROL/dynamic-security/#"),
        *_hears("$CONTROL/dynamic-security/#"),
        _allow("publishClientSend", f"{PREFIX}/+/down/#"),
        *_hears(f"{PREFIX}/+/up/#"),
        _allow("subscribePattern", "$share/#"),  # workers that share the devices
        _allow("unsubscribePattern", "#"),
    ]
    clients = [
        {"username": user, "roles": [{"rolename": SERVER_ROLE}], **hashed(password)} for user, password in users.items()
    ]
    roles = [{"rolename": SERVER_ROLE, "acls": acls}]
    return json.dumps({"defaultACLAccess": DENIED, "clients": clients, "roles": roles}, indent=1).encode()


def _removals(
    clients: Mapping[str, dict[str, Any]], roles: Mapping[str, dict[str, Any]], wanted: Mapping[str, Account]
) -> dict[str, list[Command]]:
    """By name: accounts and roles of devices that there should not be, or not as they are."""
    removed: dict[str, list[Command]] = {}
    for name in sorted({name for name in (*clients, *roles) if DEVICE_NAME.fullmatch(name)}):
        client, role, account = clients.get(name), roles.get(name), wanted.get(name)
        if account is not None and client is not None and role is not None and _is_right(client, role, account):
            continue
        removed[name] = []
        if client is not None:
            removed[name].append({"command": "deleteClient", "username": name})
        if role is not None:
            removed[name].append({"command": "deleteRole", "rolename": name})
    return removed


def _is_right(client: dict[str, Any], role: dict[str, Any], account: Account) -> bool:
    found = {(acl["acltype"], acl["topic"], acl["allow"]) for acl in role.get("acls", [])}
    return (
        client.get("textdescription") == fingerprint(account.password)
        and client.get("clientid") == account.name
        and not client.get("disabled", False)
        and not client.get("groups")
        and [each["rolename"] for each in client.get("roles", [])] == [account.name]
        and found == {(acl["acltype"], acl["topic"], acl["allow"]) for acl in account.acls}
    )


def _send(ask: Ask, commands: list[Command]) -> None:
    for answer in ask(commands) if commands else []:
        if "error" in answer:
            raise OperatorError(f"the broker refuses to change its accounts: {answer['error']}.")


def _by(rows: Iterable[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {row[name]: row for row in rows}


def _names(clients: dict[str, Any]) -> set[str]:
    return {row["username"] for row in clients["clients"]}


def _hears(topic: str) -> list[dict[str, Any]]:
    return [_allow("publishClientReceive", topic), _allow("subscribePattern", topic)]


def _allow(kind: str, topic: str) -> dict[str, Any]:
    return {"acltype": kind, "topic": topic, "allow": True}
