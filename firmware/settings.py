"""What may be changed without a new identity: Wi-Fi, broker, CA, and how often to sync. Read from `settings.json`."""

from collections import namedtuple
from json import load

SETTINGS_FILE = "/settings.json"
CA_FILE = "/ca.der"
CA_BYTES_MAX = 2048  # this CA and the next one
SYNC_EVERY_S_MIN = 10  # more often than this the radio would never be off

Settings = namedtuple("Settings", ("host", "port", "address", "wifi", "sync_every_s", "sync_backlog", "ca_der"))


class SettingsError(OSError):
    """A file of settings is missing or wrong; the text says which and what to do."""


def read_settings(directory: str) -> Settings:
    """Raises SettingsError with words for the staff screen."""
    try:
        with open(directory + SETTINGS_FILE) as file:
            fields = load(file)
    except OSError:
        raise SettingsError("no settings: provision this device") from None
    except (ValueError, RuntimeError, MemoryError):  # RuntimeError: nested too deeply
        raise SettingsError("settings damaged: provision again") from None
    try:
        broker = fields["broker"]
        settings = Settings(
            broker["host"],
            broker["port"],
            broker.get("address"),
            fields.get("wifi", []),
            fields.get("sync_every_s", 3600),
            fields.get("sync_backlog", 20),
            _read_ca(directory + CA_FILE),
        )
    except (KeyError, TypeError, AttributeError):
        raise SettingsError("settings lack the broker: provision again") from None
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    good = {
        "broker host": isinstance(settings.host, str) and bool(settings.host),
        "broker port": isinstance(settings.port, int) and 0 < settings.port <= 0xFFFF,
        "broker address": settings.address is None or isinstance(settings.address, str),
        "wifi": isinstance(settings.wifi, list) and all([_is_network(entry) for entry in settings.wifi]),
        "sync_every_s": isinstance(settings.sync_every_s, int) and settings.sync_every_s >= SYNC_EVERY_S_MIN,
        "sync_backlog": isinstance(settings.sync_backlog, int) and settings.sync_backlog >= 1,
    }
    for name in sorted(good):
        if not good[name]:
            raise SettingsError("settings: %s is wrong, provision again" % name)


def _is_network(entry: object) -> bool:
    """A Wi-Fi network: `ssid`, and `password` unless it is open."""
    return isinstance(entry, dict) and isinstance(entry.get("ssid"), str) and isinstance(entry.get("password", ""), str)


def _read_ca(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read(CA_BYTES_MAX)
    except OSError:
        return None  # the link refuses to connect without one, in its own words
