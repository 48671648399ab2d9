"""The demo's certificates: keys are private, and a device with an old clock accepts what is renewed."""

import ssl
import stat
from datetime import timedelta

from cryptography import x509

from server.authority.certificates import SERVER_DAYS
from server.demo import certificates
from server.demo.certificates import make_certificates


def test_keys_are_readable_by_their_owner_only(tmp_path):
    files = make_certificates(tmp_path)
    for key in (files.server_key, tmp_path / "authority.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_renewed_certificate_begins_when_its_authority_began(tmp_path, monkeypatch):
    files = make_certificates(tmp_path)
    first = files.server_pem.read_bytes()
    monkeypatch.setattr(certificates, "RENEW_BEFORE", timedelta(days=SERVER_DAYS + 1))
    make_certificates(tmp_path)
    assert files.server_pem.read_bytes() != first
    server = x509.load_pem_x509_certificate(files.server_pem.read_bytes())
    authority = x509.load_der_x509_certificate(files.authority_der.read_bytes())
    assert server.not_valid_before_utc == authority.not_valid_before_utc
    server.verify_directly_issued_by(authority)


def test_a_second_call_changes_nothing(tmp_path):
    make_certificates(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    make_certificates(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_certificate_of_another_authority_is_replaced(tmp_path):
    one, other = make_certificates(tmp_path / "one"), make_certificates(tmp_path / "other")
    one.server_pem.write_bytes(other.server_pem.read_bytes())
    make_certificates(tmp_path / "one")
    authority = x509.load_pem_x509_certificate(one.authority_pem.read_bytes())
    x509.load_pem_x509_certificate(one.server_pem.read_bytes()).verify_directly_issued_by(authority)


def test_pem_and_der_hold_the_same_authority(tmp_path):
    files = make_certificates(tmp_path)
    assert ssl.PEM_cert_to_DER_cert(files.authority_pem.read_text()) == files.authority_der.read_bytes()
