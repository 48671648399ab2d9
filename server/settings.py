"""What differs between installations, read from the environment (PET_...); secrets only by file."""

import ipaddress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ValidationError, field_validator, model_validator
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
    # Off for a broker without accounts, on one machine only (the demo's, where Mosquitto cannot be had).
    broker_keeps_accounts: bool = True
    # Several workers share one subscription under this name. Empty: one worker, with a session that persists.
    ingest_group: str = ""

    web_host: str = "127.0.0.1"
    web_port: int = 8000
    # Names by which browsers may ask for the pages beside this machine's own, with commas between: pet.example.nhs.uk
    web_names: str = ""
    # One of both beyond this machine: TLS of our own, or the addresses of the reverse proxy that speaks it for us.
    web_certificate_file: Path | None = None
    web_key_file: Path | None = None
    web_proxy: str = ""

    # Whoever comes from this machine without signing in is this account (an e-mail address): for demos.
    local_viewer: str = ""

    # Sign-in with the organisation's own accounts, by OpenID Connect; off without an issuer.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None

    # Where mail goes out; off without a host. The certificate is checked, against this authority or the system's.
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca_file: Path | None = None
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    mail_from: str = ""

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

    @field_validator("web_proxy")
    @classmethod
    def _names_addresses(cls, value: str) -> str:
        for each in listed(value):
            try:
                ipaddress.ip_network(each)
            except ValueError:
                raise ValueError(f"holds {each!r}, which is no network address like 10.0.0.7") from None
        return value

    @model_validator(mode="after")
    def _is_open_on_purpose_only(self) -> Self:
        """Beyond this machine with TLS only; to be somebody without signing in, on this machine only."""
        if bool(self.web_certificate_file) != bool(self.web_key_file):
            raise ValueError("PET_WEB_CERTIFICATE_FILE and PET_WEB_KEY_FILE go together: set both or neither")
        local = is_loopback(self.web_host)
        if not local and not self.web_is_encrypted:
            raise ValueError(
                f"PET_WEB_HOST {self.web_host} leaves this machine: set PET_WEB_CERTIFICATE_FILE and PET_WEB_KEY_FILE, "
                "or PET_WEB_PROXY to the address of the proxy that speaks TLS"
            )
        if self.web_names and not self.web_is_encrypted:
            raise ValueError(
                "PET_WEB_NAMES needs TLS: set PET_WEB_CERTIFICATE_FILE and PET_WEB_KEY_FILE, or PET_WEB_PROXY"
            )
        if self.web_is_encrypted and not self.web_names:
            raise ValueError("PET_WEB_NAMES is empty: name what browsers will ask for, like pet.example.nhs.uk")
        if self.local_viewer and not (local and not self.web_names and not self.web_is_encrypted):
            raise ValueError(
                "PET_LOCAL_VIEWER lets everybody in on this machine: not beside PET_WEB_HOST beyond it, "
                "PET_WEB_NAMES, PET_WEB_PROXY or a certificate"
            )
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret_file):
            raise ValueError("PET_OIDC_ISSUER needs PET_OIDC_CLIENT_ID and PET_OIDC_CLIENT_SECRET_FILE")
        if self.oidc_issuer and not _is_safe(self.oidc_issuer):
            raise ValueError("PET_OIDC_ISSUER must begin with https://")
        return self

    @model_validator(mode="after")
    def _mails_on_purpose_only(self) -> Self:
        """A mail has a sender, and no password or figure crosses a network in the clear."""
        if self.smtp_host and "@" not in self.mail_from:
            raise ValueError("PET_SMTP_HOST needs PET_MAIL_FROM: the sender's address, like pet@example.nhs.uk")
        if self.smtp_security == "none" and self.smtp_host and not is_loopback(self.smtp_host):
            raise ValueError("PET_SMTP_SECURITY none is for a mail server on this machine only: say starttls or tls")
        if bool(self.smtp_user) != bool(self.smtp_password_file):
            raise ValueError("PET_SMTP_USER and PET_SMTP_PASSWORD_FILE go together: set both or neither")
        return self

    @property
    def web_address(self) -> str:
        """What links in mails begin with."""
        names = listed(self.web_names)
        return f"https://{names[0]}" if names else f"http://{self.web_host}:{self.web_port}"

    @property
    def web_is_encrypted(self) -> bool:
        """Whether browsers reach the pages by https, ours or a proxy's."""
        return bool(self.web_certificate_file or self.web_proxy)

    @field_validator("broker_port", "web_port", "smtp_port")
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
        faults = [_sentence(row["loc"], row["msg"]) for row in error.errors()]
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


def listed(value: str) -> list[str]:
    """The parts of a setting that holds several, with commas between."""
    return [each.strip() for each in value.split(",") if each.strip()]


def _is_safe(issuer: str) -> bool:
    """https, or on this machine, where the tests' own provider is."""
    parts = urlsplit(issuer)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"PET_{str(place[0]).upper()} {message}" if place else message


def _cause(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "it is not text"
