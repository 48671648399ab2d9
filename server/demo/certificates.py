"""Makes the authority that the devices and servers of one installation trust, and a server certificate."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
SERVER_DAYS = 825
# A machine whose clock is a little behind must not find its own certificate "not yet valid".
CLOCK_SKEW = timedelta(days=1)
# Renewed this long before its end, so that a demo that runs for days does not lose its broker.
RENEW_BEFORE = timedelta(days=30)
HOSTS = ("localhost", "127.0.0.1")


class Certificates(NamedTuple):
    """The files: the authority as DER for devices and as PEM for servers, the server's own pair as PEM."""

    authority_pem: Path
    authority_der: Path
    server_pem: Path
    server_key: Path


def make_certificates(directory: Path, hosts: tuple[str, ...] = HOSTS) -> Certificates:
    """Make what is missing in `directory`, renew a server certificate near its end, keep the rest."""
    directory.mkdir(parents=True, exist_ok=True)
    files = Certificates(
        directory / "authority.pem",
        directory / "authority.der",
        directory / "server.pem",
        directory / "server.key",
    )
    authority_key_file = directory / "authority.key"
    if not (authority_key_file.exists() and files.authority_pem.exists() and files.authority_der.exists()):
        _make_authority(authority_key_file, files)
    if not _is_good(files):
        _make_server_certificate(authority_key_file, files, hosts)
    return files


def _make_authority(key_file: Path, files: Certificates) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PET demo authority")])
    start = datetime.now(UTC) - CLOCK_SKEW
    certificate = (
        _builder(name, name, key.public_key(), start, start + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_file, key)
    files.authority_pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.authority_der.write_bytes(certificate.public_bytes(serialization.Encoding.DER))


def _make_server_certificate(authority_key_file: Path, files: Certificates, hosts: tuple[str, ...]) -> None:
    authority = x509.load_pem_x509_certificate(files.authority_pem.read_bytes())
    authority_key = serialization.load_pem_private_key(authority_key_file.read_bytes(), password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{authority_key_file} does not hold a P-256 key. Remove its folder; it is made again.")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    end = min(datetime.now(UTC) + timedelta(days=SERVER_DAYS), authority.not_valid_after_utc)
    certificate = (
        # The authority's own start, not today: a device that lay in a drawer for a year has an old clock, and
        # a certificate renewed since must not look "not yet valid" to it.
        _builder(name, authority.subject, key.public_key(), authority.not_valid_before_utc, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_key(files.server_key, key)
    files.server_pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _is_good(files: Certificates) -> bool:
    """Whether the server's certificate is there, is this authority's, and does not end soon."""
    if not (files.server_pem.exists() and files.server_key.exists()):
        return False
    authority = x509.load_pem_x509_certificate(files.authority_pem.read_bytes())
    certificate = x509.load_pem_x509_certificate(files.server_pem.read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is made anew
        return False
    return certificate.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a private key that only this account can read, from the first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
