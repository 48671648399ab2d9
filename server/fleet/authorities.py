"""The certificates of CAs that devices are told to believe: read, and refused where no device could use them."""

from base64 import b64encode
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from server.errors import OperatorError


def read_authorities(data: bytes, at: datetime) -> list[x509.Certificate]:
    """From PEM or DER. Raises OperatorError where there is none, one is no CA's, or ended before `at`."""
    try:
        pem = b"-----BEGIN" in data
        found = x509.load_pem_x509_certificates(data) if pem else [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise OperatorError("holds no certificate: name one in PEM or DER.") from None
    for each in found:
        _check(each, at)
    return found


def as_setting(certificate: x509.Certificate) -> str:
    """As the setting `ca` has it: base64 of the DER."""
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _check(certificate: x509.Certificate, at: datetime) -> None:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        constraints = None
    if constraints is None or not constraints.ca:
        raise OperatorError("holds the certificate of a server, not of a CA: devices believe a CA.")
    if certificate.not_valid_after_utc <= at:
        raise OperatorError(f"holds a CA that ended on {certificate.not_valid_after_utc:%Y-%m-%d}.")
