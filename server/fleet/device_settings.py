"""What devices are told beside questionnaires: broker, Wi-Fi, CAs, when to sync; each for those whom it concerns."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.messages import SETTINGS_BYTES_MAX
from protocol.record import STAGE_MAX
from server.errors import OperatorError
from server.fleet.keys import KeyRing, OpenKeyRing
from server.fleet.rollout_tables import Setting
from server.fleet.scope import Scope, nearest, stands_at
from server.fleet.subjects import keep_stages
from server.fleet.tables import Organisation

NAME_LETTERS_MAX = 18  # of a team or stage: one line of a staff list, whose font has ASCII letters only
NETWORKS_MAX = 8  # each costs a device a scan or an attempt
SSID_BYTES_MAX = 32  # IEEE 802.11
WIFI_PASSWORD_LETTERS = (8, 63)  # WPA2; 64 would be the hexadecimal digits of a key
AUTHORITIES_MAX = 2  # the current CA and the next one
NUMBER_MAX = 1 << 30
SYNC_EVERY_S_MAX = 7 * 86400  # who never syncs is never heard of again; firmware/settings.py has the same

REQUIRED = ("broker", "ca", "wifi")  # without one of them a device would be cut off
SECRET = ("wifi",)
WIFI_PURPOSE = "wifi"
SALT_PURPOSE = "settings"


class Known(NamedTuple):
    """The settings of one organisation, opened: {name: {scope: value}}."""

    values: dict[str, dict[Scope, Any]]

    def resolve(self, scopes: Iterable[Scope]) -> dict[str, Any]:
        """What holds for a device in these scopes, nearest first: {name: value}."""
        around = list(scopes)
        found = {name: nearest(around, by_scope) for name, by_scope in self.values.items()}
        return {name: value for name, value in found.items() if value is not None}


def set_setting(
    session: Session,
    organisation: Organisation,
    scope: Scope,
    name: str,
    value: Any,
    open_key_ring: OpenKeyRing,
    now: datetime,
) -> None:
    """Set it for this scope; a nearer scope keeps its own. Raises OperatorError that says what a device can't use."""
    CHECKS[name](value)
    if name == "stages":
        keep_stages(session, organisation, value)
    data = json.dumps(value).encode()
    if name in SECRET:
        data = open_key_ring().wrap_secret(data, organisation.organisation_id, WIFI_PURPOSE)
    row = {"organisation_id": organisation.organisation_id, **scope._asdict(), "name": name}
    session.execute(
        insert(Setting)
        .values(**row, value=data, set_at=now)
        .on_conflict_do_update(
            index_elements=["organisation_id", "scope_kind", "scope_id", "name"], set_={"value": data, "set_at": now}
        )
    )


def unset_setting(session: Session, organisation: Organisation, scope: Scope, name: str) -> None:
    """From now on what a wider scope says holds. Raises OperatorError where nothing is set."""
    gone = session.execute(
        delete(Setting)
        .where(stands_at(Setting, organisation, scope), Setting.name == name)
        .returning(Setting.setting_id)
    )
    if gone.first() is None:
        raise OperatorError(f"{name} is not set there; the settings are: {', '.join(CHECKS)}.")


def setting_rows(session: Session, organisation_id: int) -> list[Row[Any]]:
    """As they are stored."""
    query = select(Setting.scope_kind, Setting.scope_id, Setting.name, Setting.value)
    return list(session.execute(query.where(Setting.organisation_id == organisation_id).order_by(Setting.setting_id)))


def open_settings(rows: Iterable[Row[Any]], organisation_id: int, open_key_ring: OpenKeyRing) -> Known:
    """With the secrets unwrapped."""
    values: dict[str, dict[Scope, Any]] = {}
    for row in rows:
        data = row.value
        if row.name in SECRET:
            data = open_key_ring().unwrap_secret(data, organisation_id, WIFI_PURPOSE)
        values.setdefault(row.name, {})[Scope(row.scope_kind, row.scope_id)] = json.loads(data)
    return Known(values)


def lacking_words(resolved: dict[str, Any], teams: list[str]) -> str:
    """Why a device with these settings and teams to choose from can get none; empty where it can."""
    missing = [name for name in REQUIRED if name not in resolved]
    if missing and resolved:
        return f"no settings go out to it until {' and '.join(missing)} are set"
    wrong = next((name for name in teams if name_fault(name)), None)
    if wrong:
        return f"no settings go out to it: team {wrong} cannot be shown on a device ({name_fault(wrong)})"
    return ""


def settings_content(resolved: dict[str, Any], teams: list[str], organisation_id: int, key_ring: KeyRing) -> bytes:
    """The bytes of the device's settings.json; the same settings make the same bytes.

    The salt keeps who sees only its hash, in the database or on the way, from guessing a Wi-Fi password.
    """
    fields = {**resolved, "salt": key_ring.salt(organisation_id, SALT_PURPOSE)}
    if teams:
        fields["teams"] = teams
    data = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    if len(data) > SETTINGS_BYTES_MAX:
        raise OperatorError(
            f"these settings have {len(data)} bytes, a device takes {SETTINGS_BYTES_MAX}: "
            "fewer networks or teams, or CA certificates with elliptic-curve keys."
        )
    return data


def name_fault(name: str) -> str:
    """What keeps a name of a team or stage from a staff screen; empty where nothing does."""
    if not name.isascii() or not name.isprintable():
        return "its letters go beyond ASCII"
    if not 1 <= len(name) <= NAME_LETTERS_MAX:
        return f"it has {len(name)} letters, a line has room for {NAME_LETTERS_MAX}"
    return ""


def _check_broker(value: dict[str, Any]) -> None:
    host, address = value["host"], value.get("address", "")
    if not host or not host.isascii() or " " in host:
        raise OperatorError(f"{host!r} is not a host name: write the name in the broker's certificate.")
    if not 1 <= value["port"] <= 0xFFFF:
        raise OperatorError(f"{value['port']} is not a port: 1 to 65535.")
    if address and (
        address.count(".") != 3 or not all(part.isdigit() and int(part) < 256 for part in address.split("."))
    ):
        raise OperatorError(f"{address} is not an address: write it like 192.0.2.7, or leave it out.")


def _check_wifi(value: list[dict[str, str]]) -> None:
    if len(value) > NETWORKS_MAX:
        raise OperatorError(f"{len(value)} networks: a device takes {NETWORKS_MAX}.")
    shortest, longest = WIFI_PASSWORD_LETTERS
    for number, network in enumerate(value, 1):
        if not 1 <= len(network["ssid"].encode()) <= SSID_BYTES_MAX:
            raise OperatorError(f"network {number}: an ssid has 1 to {SSID_BYTES_MAX} bytes.")
        if "password" in network and not shortest <= len(network["password"]) <= longest:
            raise OperatorError(
                f"network {number} ({network['ssid']}): a password has {shortest} to {longest} letters; "
                "leave it out for an open network."
            )


def _check_ca(value: list[str]) -> None:
    if not 1 <= len(value) <= AUTHORITIES_MAX:
        raise OperatorError(f"{len(value)} CA certificates: name the current one, and perhaps the next.")


def _check_stages(value: list[str]) -> None:
    if len(value) > STAGE_MAX:
        raise OperatorError(f"{len(value)} stages: a response can tell {STAGE_MAX} apart.")
    for name in value:
        if name_fault(name):
            raise OperatorError(f"stage {name!r} cannot be shown on a device: {name_fault(name)}.")


def _number(name: str, lowest: int, highest: int = NUMBER_MAX) -> Callable[[int], None]:
    def check(value: int) -> None:
        if value < lowest:
            raise OperatorError(f"{name} is {lowest} or more, not {value}.")
        if value > highest:
            raise OperatorError(f"{name} is {highest} or less, not {value}.")

    return check


CHECKS: dict[str, Callable[[Any], None]] = {
    "broker": _check_broker,
    "wifi": _check_wifi,
    "ca": _check_ca,
    "stages": _check_stages,
    "sync_every_s": _number("sync_every_s", 10, SYNC_EVERY_S_MAX),
    "sync_backlog": _number("sync_backlog", 1),
    "sleep_after_s": _number("sleep_after_s", 0),
}
