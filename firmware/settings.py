"""What may be changed without a new identity: Wi-Fi, broker, CAs, how often to sync, names of teams and stages.

All of it is one file, `settings.json`. It is read in parts, each when it is needed: the CAs and the Wi-Fi passwords
are in memory only while there is a sync.
"""

import os
from binascii import a2b_base64
from collections import namedtuple
from json import load

from protocol.record import STAGE_MAX, TEAM_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

SETTINGS_FILE = "/settings.json"  # in force
PROVISIONAL_FILE = "/settings.new"  # used by the next sync, and in force once an ack has come through them
SYNC_EVERY_S = 3600
SYNC_EVERY_S_MAX = 7 * 86400  # from a server: who never syncs is never heard of again
SYNC_EVERY_S_MIN = 10  # more often than this the radio would never be off
SYNC_BACKLOG = 20
SLEEP_AFTER_S = 60  # 0: never
WIFI_MAX = 8  # each costs a scan or an attempt
AUTHORITIES_MAX = 2  # the current CA and the next one
NAME_LETTERS_MAX = 18  # one line of a staff list
NUMBER_MAX = 1 << 30  # small enough for the firmware's sums

Settings = namedtuple("Settings", ("sync_every_s", "sync_backlog", "sleep_after_s"))
# authorities: DER certificates; wifi: dictionaries with ssid, and password unless it is open
Access = namedtuple("Access", ("host", "port", "address", "wifi", "authorities"))


class SettingsError(OSError):
    """A file of settings is missing or wrong; the text says which and what to do."""


def read_settings(directory: str) -> Settings:
    """What the device needs at all times. Raises SettingsError with words for the staff screen."""
    fields = _read(directory + SETTINGS_FILE)
    return Settings(
        fields.get("sync_every_s", SYNC_EVERY_S),
        fields.get("sync_backlog", SYNC_BACKLOG),
        fields.get("sleep_after_s", SLEEP_AFTER_S),
    )


def read_names(directory: str) -> "tuple[list[str], list[str]]":
    """(teams, stages) that a nurse chooses from. Raises SettingsError."""
    fields = _read(directory + SETTINGS_FILE)
    return fields.get("teams", []), fields.get("stages", [])


def read_access(path: str, every_s_max: int = NUMBER_MAX) -> Access:
    """What a sync needs, from settings in force or provisional. Raises SettingsError; it proves the whole file.

    `every_s_max`: of settings that have been fetched SYNC_EVERY_S_MAX. A technician may write others into a device.
    """
    fields = _read(path, every_s_max)
    broker = fields["broker"]
    authorities = [a2b_base64(authority) for authority in fields.get("ca", [])]
    return Access(broker["host"], broker["port"], broker.get("address"), fields.get("wifi", []), authorities)


def choose(board: "Board") -> "tuple[Access, bool]":
    """The settings on trial, and True; else those in force. Raises OSError with words."""
    files = board.files
    access = None
    try:
        os.stat(files + PROVISIONAL_FILE)
    except OSError:
        pass
    else:
        from firmware.trial import begin_trial

        access = begin_trial(board)
    return (access, True) if access else (read_access(files + SETTINGS_FILE), False)


def _read(path: str, every_s_max: int = NUMBER_MAX) -> "dict":  # type: ignore[type-arg]
    try:
        with open(path) as file:
            fields = load(file)
    except OSError:
        raise SettingsError("no settings: provision this device") from None
    except (ValueError, RuntimeError, MemoryError):  # RuntimeError: nested too deeply
        raise SettingsError("settings damaged: provision again") from None
    broker = fields.get("broker") if isinstance(fields, dict) else None
    if not isinstance(broker, dict) or "host" not in broker or "port" not in broker:
        raise SettingsError("settings lack the broker: provision again")
    wrong = _wrong_of_broker(broker) or _wrong_of_all(fields, every_s_max)
    if wrong:
        raise SettingsError("settings: %s is wrong, provision again" % wrong)
    return fields  # type: ignore[no-any-return]


def _wrong_of_broker(broker: "dict") -> str:  # type: ignore[type-arg]
    """The name of the first value that cannot be used; "" when all can."""
    if not isinstance(broker["host"], str) or not broker["host"]:
        return "broker host"
    if not _is_number(broker["port"], 1, 0xFFFF):
        return "broker port"
    address = broker.get("address")
    return "" if address is None or isinstance(address, str) else "broker address"


def _wrong_of_all(fields: "dict", every_s_max: int) -> str:  # type: ignore[type-arg]
    for name, lowest, highest in (
        ("sync_every_s", SYNC_EVERY_S_MIN, every_s_max),
        ("sync_backlog", 1, NUMBER_MAX),
        ("sleep_after_s", 0, NUMBER_MAX),
    ):
        if not _is_number(fields.get(name, lowest), lowest, highest):
            return name
    for name, count, is_good in (
        ("wifi", WIFI_MAX, _is_network),
        ("ca", AUTHORITIES_MAX, _is_authority),
        ("teams", TEAM_MAX, _is_name),
        ("stages", STAGE_MAX, _is_name),
    ):
        entries = fields.get(name, [])
        if not isinstance(entries, list) or len(entries) > count or not all([is_good(entry) for entry in entries]):
            return name
    return ""


def _is_number(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and lowest <= value <= highest


def _is_network(entry: object) -> bool:
    """A Wi-Fi network: `ssid`, and `password` unless it is open."""
    return isinstance(entry, dict) and isinstance(entry.get("ssid"), str) and isinstance(entry.get("password", ""), str)


def _is_authority(entry: object) -> bool:
    """A DER certificate in base64: it begins as an ASN.1 sequence (X.690 section 8.9.1)."""
    try:
        return isinstance(entry, str) and a2b_base64(entry)[:1] == b"\x30"
    except ValueError:
        return False


def _is_name(entry: object) -> bool:
    return isinstance(entry, str) and 0 < len(entry) <= NAME_LETTERS_MAX and min(entry) >= " " and max(entry) <= "~"
