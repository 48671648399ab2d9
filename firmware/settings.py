"""What may be changed without a new identity: Wi-Fi, broker, CA, and how often to sync. Read from `settings.json`."""

from collections import namedtuple
from json import load

SETTINGS_FILE = "/settings.json"
CA_FILE = "/ca.der"
CA_BYTES_MAX = 2048

Settings = namedtuple("Settings", ("host", "port", "address", "wifi", "sync_every_s", "sync_backlog", "ca_der"))


class SettingsError(ValueError):
    """A file of settings is missing or wrong; the text says which and what to do."""


def read_settings(directory: str) -> Settings:
    """Raises SettingsError with words for the staff screen."""
    try:
        with open(directory + SETTINGS_FILE) as file:
            fields = load(file)
    except OSError:
        raise SettingsError("no settings: provision this device")
    except ValueError:
        raise SettingsError("settings damaged: provision again")
    try:
        return Settings(
            fields["broker"]["host"],
            fields["broker"]["port"],
            fields["broker"].get("address"),
            fields.get("wifi", []),
            fields.get("sync_every_s", 3600),
            fields.get("sync_backlog", 20),
            _read_ca(directory + CA_FILE),
        )
    except (KeyError, TypeError, AttributeError):
        raise SettingsError("settings lack the broker: provision again")


def _read_ca(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read(CA_BYTES_MAX)
    except OSError:
        return None  # the link refuses to connect without one, in its own words
