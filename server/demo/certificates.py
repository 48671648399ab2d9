"""The demo's own authority and its broker's certificate, made in a folder and renewed before they end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from server.authority.certificates import (
    is_signed_by,
    make_authority,
    make_server,
    read_certificate,
    read_pair,
    write_key,
)

# Renewed this long before its end, so that a demo that runs for days does not lose its broker.
RENEW_BEFORE = timedelta(days=30)
HOSTS = ("localhost", "127.0.0.1")
NAME = "PET demo authority"


class Certificates(NamedTuple):
    """The files: the authority as DER for devices and as PEM for servers, the server's own pair as PEM."""

    authority_pem: Path
    authority_der: Path
    server_pem: Path
    server_key: Path


def make_certificates(directory: Path, hosts: tuple[str, ...] = HOSTS) -> Certificates:
    """Make what is missing in `directory`, renew a server certificate near its end, keep the rest."""
    directory.mkdir(parents=True, exist_ok=True)
    names = ("authority.pem", "authority.der", "server.pem", "server.key")
    files = Certificates(*(directory / name for name in names))
    key_file, now = directory / "authority.key", datetime.now(UTC)
    if not (key_file.exists() and files.authority_pem.exists() and files.authority_der.exists()):
        authority = make_authority(NAME, now)
        write_key(key_file, authority)
        files.authority_pem.write_bytes(authority.pem)
        files.authority_der.write_bytes(authority.der)
    if not _is_good(files, now):
        server = make_server(read_pair(files.authority_pem, key_file), hosts, now)
        write_key(files.server_key, server)
        files.server_pem.write_bytes(server.pem)
    return files


def _is_good(files: Certificates, now: datetime) -> bool:
    """Whether the server's certificate is there, is this authority's, and does not end soon."""
    if not (files.server_pem.exists() and files.server_key.exists()):
        return False
    certificate = read_certificate(files.server_pem)
    lasts = certificate.not_valid_after_utc - now > RENEW_BEFORE
    return lasts and is_signed_by(certificate, read_certificate(files.authority_pem))
