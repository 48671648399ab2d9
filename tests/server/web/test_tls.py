"""`pet web` with a certificate of its own: a real connection, by whoever trusts its authority, and by nobody else."""

import socket
import ssl
import time

import httpx
import pytest

from server.demo.certificates import make_certificates
from server.demo.ports import free_port
from tests.server.accounts.conftest import PASSWORD, People
from tests.server.web.test_command import TIMEOUT_S, start

HOST = "localhost"
ALERT = b"\x15\x03"  # how a record of TLS begins that says why it ends


class Secured:
    """The process; `home` is its address, `trusting` a client's idea of whom to believe."""

    def __init__(self, port, certificates, others):
        self.port, self.home = port, f"https://{HOST}:{port}"
        self.trusting = ssl.create_default_context(cafile=certificates.authority_pem)
        self.mistaken = ssl.create_default_context(cafile=others.authority_pem)

    def client(self, context=None):
        return httpx.Client(base_url=self.home, verify=context or self.trusting, timeout=30)


@pytest.fixture
def secured(settings, tmp_path, engine, figures):
    People(engine, figures).add("anna", board="organisation")
    certificates = make_certificates(tmp_path / "certificates")
    port = free_port()
    process = start(
        {
            "PET_DATABASE_URL": settings.database_url,
            "PET_DATABASE_PASSWORD_FILE": str(settings.database_password_file),
            "PET_WEB_PORT": str(port),
            "PET_WEB_NAMES": HOST,
            "PET_WEB_CERTIFICATE_FILE": str(certificates.server_pem),
            "PET_WEB_KEY_FILE": str(certificates.server_key),
        }
    )
    try:
        found = Secured(port, certificates, make_certificates(tmp_path / "others"))
        wait_until_ready(found, process)
        yield found
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def wait_until_ready(secured, process):
    deadline = time.monotonic() + TIMEOUT_S
    with secured.client() as client:
        while True:
            try:
                assert client.get("/readyz").status_code == 200
            except httpx.ConnectError:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return


def test_whoever_trusts_the_authority_signs_in_and_the_cookie_never_leaves_tls(secured):
    with secured.client() as client:
        answer = client.post(
            "/api/v1/session",
            json={"email": "anna@example.org", "password": PASSWORD},
            headers={"origin": secured.home},
        )
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-pet=petb_")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; ")), cookie
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert client.get("/api/v1/session").json()["actor"] == "anna@example.org"
        page = client.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
        plain = client.delete("/api/v1/session", headers={"origin": f"http://{HOST}:{secured.port}"})
        assert plain.status_code == 403


def test_who_trusts_another_authority_does_not_connect(secured):
    with (
        secured.client(secured.mistaken) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get("/healthz")


def test_a_name_that_is_not_the_certificate_s_does_not_connect(secured):
    raw = socket.create_connection((HOST, secured.port), timeout=30)
    with raw, pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        secured.trusting.wrap_socket(raw, server_hostname="pet.example.nhs.uk")


def test_plain_http_gets_no_answer_of_the_application(secured):
    """The port speaks TLS only: the connection ends, and not a byte of an answer goes out in clear."""
    with socket.create_connection((HOST, secured.port), timeout=30) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = received(raw)
    assert b"HTTP" not in answer
    assert not answer or answer.startswith(ALERT), answer
    with httpx.Client() as client, pytest.raises(httpx.TransportError):
        client.get(f"http://{HOST}:{secured.port}/healthz")


def received(raw):
    """All until the other side closes, or breaks off."""
    parts = []
    try:
        while part := raw.recv(4096):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
