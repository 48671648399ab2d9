"""Only a server with a certificate of our own authority, made out for its name and valid today, is talked to."""

import pytest

from server.demo.certificates import make_certificates
from server.demo.ports import free_port
from tests.parts import ROOT


def test_no_code_path_does_without_a_certificate():
    """The one line that says how the server is verified, in all that a device runs."""
    lines = [
        line.strip()
        for path in sorted((ROOT / "firmware").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "CERT_" in line or "verify_mode" in line or "SSLContext" in line
    ]
    assert lines == ["context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)", "context.verify_mode = ssl.CERT_REQUIRED"]


@pytest.fixture
def rogue(tmp_path):
    """An authority that no device knows."""
    return make_certificates(tmp_path / "rogue").authority_der


@pytest.mark.parametrize("esp32", [False, True], ids=["unix", "esp32"])
def test_certificate_matrix(device, broker, rogue, tmp_path, esp32):
    authority = broker.certificates.authority_der
    garbled = tmp_path / "garbled.der"
    garbled.write_bytes(authority.read_bytes()[:-7])
    cases = [
        ({}, None, ""),
        ({"ca": f"{authority} {rogue}"}, None, ""),  # the CA of today and the next one
        ({"ca": f"{rogue} {authority}"}, None, ""),
        ({"ca": str(rogue)}, "certificate", "not signed by our CA"),
        ({"name": "other.example"}, "certificate", "made out for another name"),
        ({"port": broker.expired_port}, "certificate dates", "expired"),
        ({"port": broker.future_port}, "certificate dates", "not valid yet"),
        ({"ca": ""}, "certificate", "no CA certificate"),
        ({"ca": str(garbled)}, "certificate", "unreadable"),
        ({"port": broker.plain_port}, "refused", "hung up at once"),
        ({"password": "wrong"}, "login", "refused user name or password"),
        ({"port": free_port()}, "refused", "no broker found"),
    ]
    # Each host is a stored address: a server of another name costs one look-up, which must not hide the reason.
    runs = [device.settings({"esp32": esp32, "host": "127.0.0.1"} | change) for change, _, _ in cases]
    ends = device.run("syncs", runs=runs)
    assert [end["kind"] for end in ends] == [kind for _, kind, _ in cases], ends
    for end, (_, kind, words) in zip(ends, cases, strict=True):
        assert words in (end["words"] or "")
        assert len(end["done"]) == (0 if kind else 4)
