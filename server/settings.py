"""What differs between installations, read from the environment (PET_...); secrets only by file."""

import ipaddress
from pathlib import Path

from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from server.errors import OperatorError

PORT_MAX = 65535


class Settings(BaseSettings):
    """Every process of the server takes one by argument; nothing reads the environment on its own."""

    model_config = SettingsConfigDict(env_prefix="PET_", frozen=True)

    database_url: str = ""
    database_password_file: Path | None = None

    # Wraps the devices' keys (docs/security.md). It must not lie in the database's backup.
    key_file: Path = Path("/etc/pet/key")

    # The public halves of the keys that sign application releases, as devices carry them (release.pub).
    release_keys_file: Path = Path("/etc/pet/release.pub")

    # The name in the broker's certificate, which is always checked against the CA.
    broker_host: str = "localhost"
    broker_port: int = 8883
    broker_ca_file: Path = Path("/etc/pet/ca.pem")
    broker_user: str = "ingest"
    broker_password_file: Path = Path("/etc/pet/ingest.password")
    # Several workers share one subscription under this name. Empty: one worker, with a session that persists.
    ingest_group: str = ""

    web_host: str = "127.0.0.1"
    web_port: int = 8000
    # The folder that is the flash of the device behind /try; without it there is no such page.
    try_device_directory: Path | None = None

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        if not value:
            return value  # what needs no database does without; database() says what is missing
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("is not a URL like postgresql://pet@127.0.0.1:5432/pet") from None
        if url.get_backend_name() != "postgresql":
            raise ValueError("names another database than PostgreSQL: begin it with postgresql://")
        if url.password is not None:
            raise ValueError("holds a password: put it into a file named in PET_DATABASE_PASSWORD_FILE")
        return value

    @field_validator("web_host")
    @classmethod
    def _stays_on_this_machine(cls, value: str) -> str:
        if not is_loopback(value):
            raise ValueError("leaves this machine, and there are no accounts yet: use 127.0.0.1")
        return value

    @field_validator("broker_port", "web_port")
    @classmethod
    def _is_a_port(cls, value: int) -> int:
        if not 0 < value <= PORT_MAX:
            raise ValueError(f"is not a port between 1 and {PORT_MAX}")
        return value

    def database(self) -> URL:
        """The database's URL, its password read from the file. Raises OperatorError where none is named."""
        if not self.database_url:
            raise OperatorError(
                "PET_DATABASE_URL is not set: name the database, like postgresql://pet@127.0.0.1:5432/pet"
            )
        url = make_url(self.database_url)
        if self.database_password_file is not None:
            url = url.set(password=read_secret(self.database_password_file, "PET_DATABASE_PASSWORD_FILE"))
        return url


def load_settings() -> Settings:
    """The settings in the environment. Raises OperatorError that names the variable and what is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [_sentence(str(row["loc"][0]), row["msg"]) for row in error.errors()]
        raise OperatorError("; ".join(faults)) from None


def read_secret(path: Path, variable: str) -> str:
    """A secret's text, without the line end that editors add. Raises OperatorError."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{variable} names {path}, which cannot be read ({_cause(error)}).") from None


def is_loopback(host: str) -> bool:
    """Whether this host name or address can only mean the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sentence(field: str, message: str) -> str:
    return f"PET_{field.upper()} {message.removeprefix('Value error, ')}"


def _cause(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "it is not text"
