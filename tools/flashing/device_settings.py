"""The settings that a device begins with: broker, Wi-Fi, CAs. Later ones come over the air from the server."""

from __future__ import annotations

import json
import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from protocol.messages import SETTINGS_BYTES_MAX
from tools.flashing.errors import InputError

PORT = 8883
NETWORKS_MAX = 8  # each costs a device a scan or an attempt
AUTHORITIES_MAX = 2  # the current CA and the next one
SSID_BYTES_MAX = 32  # IEEE 802.11
PASSWORD_LETTERS = range(8, 64)  # WPA2
NUMBERS = ("sync_every_s", "sync_backlog", "sleep_after_s")
NAMES = ("teams", "stages")
PEM = b"-----BEGIN"


def settings_file(directory: Path, fields: dict[str, Any]) -> bytes:
    """The bytes of settings.json that a kit asks for. Raises InputError or KeyError; no text holds a password."""
    broker = {"host": _text(fields["broker"], "host"), "port": fields["broker"].get("port", PORT)}
    if "address" in fields["broker"]:
        broker["address"] = _text(fields["broker"], "address")
    if not isinstance(broker["port"], int) or not 0 < broker["port"] <= 0xFFFF:
        raise InputError(f"the broker's port is a number from 1 to 65535, not {broker['port']!r}.")
    network = fields["network"]
    settings = {
        "broker": broker,
        "wifi": read_networks(directory / network["wifi"]),
        "ca": _authorities([directory / name for name in network["ca"]]),
        **_more(fields.get("settings", {})),
    }
    data = json.dumps(settings, sort_keys=True, separators=(",", ":")).encode()
    if len(data) > SETTINGS_BYTES_MAX:
        raise InputError(
            f"the settings have {len(data)} bytes, a device takes {SETTINGS_BYTES_MAX}: name fewer networks, or CA "
            "certificates with elliptic-curve keys."
        )
    return data


def read_networks(path: Path) -> list[dict[str, str]]:
    """The Wi-Fi networks in a file, best first. Raises InputError that names no password."""
    try:
        networks = tomllib.loads(path.read_text(encoding="utf-8"))["network"]
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(f"{path} cannot be read: {wrong}") from None
    except (tomllib.TOMLDecodeError, KeyError):  # the parser's own words may hold a line of it
        raise InputError(f"{path} is not TOML with [[network]] ssid, password: see docs/flashing.md.") from None
    if not isinstance(networks, list) or not 1 <= len(networks) <= NETWORKS_MAX:
        raise InputError(f"{path}: a device takes 1 to {NETWORKS_MAX} networks.")
    for number, each in enumerate(networks, 1):
        ssid, password = (each.get("ssid"), each.get("password", "")) if isinstance(each, dict) else (None, "")
        if not isinstance(ssid, str) or not 1 <= len(ssid.encode()) <= SSID_BYTES_MAX:
            raise InputError(f"{path}: network {number} has no ssid of 1 to {SSID_BYTES_MAX} bytes.")
        if not isinstance(password, str) or (password and len(password) not in PASSWORD_LETTERS):
            raise InputError(f"{path}: the password of network {number} has not 8 to 63 letters (open: leave it out).")
    return [{key: each[key] for key in ("ssid", "password") if key in each} for each in networks]


def _authorities(paths: list[Path]) -> list[str]:
    if not 1 <= len(paths) <= AUTHORITIES_MAX:
        raise InputError(f"{len(paths)} CAs: name the current one, and perhaps the next.")
    found = []
    for path in paths:
        data = path.read_bytes()
        load = x509.load_pem_x509_certificate if data.startswith(PEM) else x509.load_der_x509_certificate
        try:
            found.append(b64encode(load(data).public_bytes(Encoding.DER)).decode())
        except ValueError:
            raise InputError(f"{path} is not a certificate.") from None
    return found


def _more(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - {*NUMBERS, *NAMES}
    if unknown:
        raise InputError(f"the kit's [settings] has no {', '.join(sorted(unknown))}.")
    for name in NUMBERS:
        if not isinstance(fields.get(name, 1), int):
            raise InputError(f"the kit's {name} is not a number.")
    for name in NAMES:
        value = fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise InputError(f"the kit's {name} is not a list of names.")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not value:
        raise InputError(f"the broker's {name} is not text.")
    return value
