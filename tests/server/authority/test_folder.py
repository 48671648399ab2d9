"""An authority of one's own: made, renewed before its end, followed by the next; and devices that lay in a drawer."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from firmware.version import BUILD_TIME
from protocol.instants import from_unix
from server.authority import folder
from server.authority.certificates import is_signed_by, read_certificate
from server.errors import OperatorError
from tests.server.fleet.pet import Pet

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOSTS = ("pet.example.org", "localhost", "192.0.2.7")
DAY = timedelta(days=1)


@pytest.fixture
def authority(tmp_path):
    folder.begin(tmp_path / "ca", "PET authority", NOW)
    folder.issue(tmp_path / "ca", HOSTS, tmp_path / "out", NOW)
    return tmp_path / "ca"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def server_of(out):
    return read_certificate(out / "server.pem")


def test_a_leaf_begins_with_its_authority_and_ends_before_it(authority, out):
    server, issuer = server_of(out), read_certificate(authority / "ca.pem")
    assert is_signed_by(server, issuer)
    assert server.not_valid_before_utc == issuer.not_valid_before_utc
    assert server.not_valid_after_utc == NOW + 825 * DAY
    assert folder.hosts_of(server) == HOSTS
    assert x509.load_der_x509_certificate((authority / "ca.der").read_bytes()) == issuer


def test_no_application_for_devices_is_older_than_an_authority(authority):
    """A new device stands at its application's build time until it has heard the server: the first TLS must do."""
    folder.begin_next(authority, NOW + 3000 * DAY)
    for role in ("ca", "next"):
        begins = read_certificate(authority / f"{role}.pem").not_valid_before_utc
        assert from_unix(int(begins.timestamp())) <= BUILD_TIME


def test_keys_are_their_owner_s_alone(authority, out):
    for path in (authority / "ca.key", out / "server.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.stat().st_mode) == 0o700


def test_a_certificate_is_renewed_sixty_days_before_its_end_and_begins_when_the_first_did(authority, out):
    first = server_of(out)
    assert folder.renew(authority, out, first.not_valid_after_utc - 61 * DAY) is None
    at = first.not_valid_after_utc - 60 * DAY
    assert folder.findings(authority, out, at)[1]
    assert folder.renew(authority, out, at)
    again = server_of(out)
    assert again.not_valid_before_utc == first.not_valid_before_utc
    assert again.not_valid_after_utc == at + 825 * DAY
    assert folder.hosts_of(again) == HOSTS
    assert again.public_key() != first.public_key()
    assert not folder.findings(authority, out, at)[1]


def test_the_next_authority_is_believed_before_it_signs(authority, out):
    folder.begin_next(authority, NOW + 30 * DAY)
    current, following = (read_certificate(authority / f"{name}.pem") for name in ("ca", "next"))
    assert folder.believed(authority).count(b"BEGIN CERTIFICATE") == 2
    assert folder.renew(authority, out, NOW + 31 * DAY) is None
    old = folder.switch(authority, NOW + 300 * DAY)
    assert read_certificate(old / "ca.pem") == current
    assert read_certificate(authority / "ca.pem") == following
    assert folder.findings(authority, out, NOW + 300 * DAY)[1]
    assert folder.renew(authority, out, NOW + 300 * DAY)
    assert is_signed_by(server_of(out), following)
    with pytest.raises(OperatorError, match="there is no next authority"):
        folder.switch(authority, NOW)


def test_the_pages_certificate_is_watched_too_whoever_made_it(authority, out, tmp_path):
    pages = tmp_path / "pages/server.pem"
    end = folder.issue(authority, HOSTS[:1], pages.parent, NOW + 100 * DAY).certificate.not_valid_after_utc
    folder.renew(authority, out, end - 60 * DAY)
    lines, due = folder.findings(authority, out, end - 60 * DAY, pages)
    assert due
    assert lines[-2:] == [
        f"{pages}: for {HOSTS[0]}, until {end:%Y-%m-%d}",
        "the pages' certificate is to be renewed: `pet ca renew`",
    ]
    assert not folder.findings(authority, out, end - 61 * DAY, pages)[1]
    folder.begin_next(authority, NOW)
    folder.switch(authority, NOW)
    folder.renew(authority, out, NOW)
    assert folder.findings(authority, out, NOW, pages)[1], "an earlier authority of ours made it"

    folder.begin(tmp_path / "other", "Somebody else", NOW)
    end = folder.issue(tmp_path / "other", HOSTS[:1], pages.parent, NOW).certificate.not_valid_after_utc
    folder.renew(authority, out, end - 15 * DAY)
    assert not folder.findings(authority, out, end - 15 * DAY, pages)[1]
    lines, due = folder.findings(authority, out, end - 14 * DAY, pages)
    assert (due, lines[-1]) == (True, "the pages' certificate is of another authority, and is to be renewed there")


def test_an_authority_that_ends_within_three_years_is_said(authority, out):
    end = read_certificate(authority / "ca.pem").not_valid_after_utc
    at = end - 3 * 365 * DAY + DAY
    folder.renew(authority, out, at)
    lines, due = folder.findings(authority, out, at)
    assert due
    assert "ends within three years" in "\n".join(lines)
    folder.begin_next(authority, at)
    assert not folder.findings(authority, out, at)[1]
    with pytest.raises(OperatorError, match="the authority itself ends"):
        folder.issue(authority, HOSTS, out, end - 59 * DAY)


def test_nothing_that_devices_may_believe_is_replaced(authority, tmp_path):
    with pytest.raises(OperatorError, match="exists already"):
        folder.begin(authority, "PET authority", NOW)
    (tmp_path / "other").mkdir()
    with pytest.raises(OperatorError, match="holds no certificate"):
        folder.issue(tmp_path / "other", HOSTS, tmp_path / "out", NOW)


@pytest.mark.parametrize("hosts", [(), ("",), ("x" * 65,), ("größe.example",)])
def test_names_that_no_certificate_holds_are_refused(authority, out, hosts):
    with pytest.raises(OperatorError, match="name the server as devices do"):
        folder.issue(authority, hosts, out, NOW)


def test_a_client_that_believes_the_old_and_the_next_authority_gets_through_before_and_after_the_switch(authority, out):
    now = datetime.now(UTC)
    folder.begin_next(authority, now)
    bundle = folder.believed(authority).decode()
    for step in (lambda: folder.issue(authority, ("localhost",), out, now), lambda: folder.switch(authority, now)):
        step()
        folder.renew(authority, out, now)
        assert shakes_hands(out, bundle)
    assert not shakes_hands(out, (authority / f"until-{now:%Y-%m-%d}" / "ca.pem").read_text())


def shakes_hands(out, believed):
    """Whether a client that believes these authorities accepts the server's certificate, on a real connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(out / "server.pem", out / "server.key")
    client = ssl.create_default_context(cadata=believed)
    ours, theirs = socket.socketpair()

    def serve():
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        client.wrap_socket(ours, server_hostname="localhost").close()
    except ssl.SSLCertVerificationError:
        ours.close()
        return False
    finally:
        server.join()
    return True


def test_the_commands(tmp_path, postgres, monkeypatch, capsys):
    pet = Pet(tmp_path, postgres, monkeypatch, capsys)
    assert "back ca.key up" in pet("ca", "init", "ca")
    assert "for pet.example.org, localhost" in pet("ca", "server", "ca", "pet.example.org", "localhost", "--out", "out")
    assert "nothing to do" in pet("ca", "renew", "ca", "--out", "out")
    pet("ca", "next", "ca")
    assert pet("ca", "bundle", "ca").count("BEGIN CERTIFICATE") == 2
    alone = {"PET_DATABASE_URL": None}
    assert "is 0 days old" in pet.refuses("ca", "switch", "ca", **alone)
    pet("ca", "switch", "ca", "--now", **alone)
    code, said, _ = pet.run("ca", "status", "ca", "--out", "out")
    assert (code, "is to be renewed" in said) == (1, True)
    renewed = pet("ca", "renew", "ca", "--out", "out")
    assert "renewed, until" in renewed
    assert "broker" not in renewed, "it may be the pages' as well"
    named = {"PET_WEB_CERTIFICATE_FILE": "out/server.pem"}
    assert pet("ca", "status", "ca", **named).count("out/server.pem: for pet.example.org") == 1
    assert "until" in pet("ca", "status", "ca", "--out", "out")
    assert "exists already" in pet.refuses("ca", "init", "ca")
