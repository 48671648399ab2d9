"""Each reason to refuse a server has its own words on the staff screen, and nothing here accepts any certificate."""

import os
import subprocess
import sys
from base64 import b64encode
from time import time

from firmware.version import BUILD_TIME
from protocol.instants import from_unix
from server.demo.certificates import make_certificates
from tests.device_directory import IDENTITY, make_device
from tests.link.conftest import PASSWORD
from tests.parts import ROOT

HEAP = "2M"  # of sources, compiled as they are loaded
FORBIDDEN = (b"CERT_NONE", b"CERT_OPTIONAL", b"check_hostname", b"_create_unverified", b"_unverified")
NOBODY_THERE = "the server does not answer"  # TLS and broker have let it pass


def made(directory, broker, *, host="localhost", port=None, authorities=None):
    """A provisioned device that would talk to this broker."""
    if authorities is None:
        authorities = [broker.certificates.authority_der.read_bytes()]
    settings = {
        "broker": {"host": host, "port": port or broker.port, "address": "127.0.0.1"},
        "ca": [b64encode(authority).decode() for authority in authorities],
    }
    return str(make_device(directory, identity=IDENTITY._replace(mqtt_password=PASSWORD), settings=settings))


def test_each_refusal_has_its_own_words_on_the_staff_screen(device, broker, tmp_path):
    rogue = make_certificates(tmp_path / "rogue").authority_der.read_bytes()
    garbled = broker.certificates.authority_der.read_bytes()[:-7]
    now = from_unix(int(time()))
    cases = [
        ("good", {}, now, NOBODY_THERE),
        ("wrong CA", {"authorities": [rogue]}, now, "server certificate not signed by our CA"),
        ("wrong name", {"host": "other.example"}, now, "server certificate made out for another name"),
        ("expired", {"port": broker.expired_port}, now, "server certificate expired, or our clock is ahead"),
        ("not yet", {"port": broker.future_port}, now, "server certificate not valid yet, or our clock is behind"),
        (
            "year 2000",
            {"port": broker.future_port},
            None,
            "clock not set, and server certificate not valid at its date",
        ),
        ("year 2000, good", {}, None, NOBODY_THERE),
        ("no CA", {"authorities": []}, now, "no CA certificate here: provision again"),
        ("garbled CA", {"authorities": [garbled]}, now, "CA certificate unreadable: provision again"),
    ]
    runs = [
        {"directory": made(tmp_path / name.replace(" ", "-"), broker, **given), "clock": clock}
        for name, given, clock, _ in cases
    ]
    ends = dict(zip([name for name, *_ in cases], device.run("refuses", heap=HEAP, runs=runs), strict=True))
    for name, _, _, words in cases:
        assert (ends[name]["error"], ends[name]["words"]) == (words, words), name
        assert ends[name]["first"] == "Not sent: press 5", name
        assert ends[name]["fits"], f"{words} does not fit the screen"
    refusals = [words for _, _, _, words in cases if words != NOBODY_THERE]
    assert len(set(refusals)) == len(refusals)
    for name in ("year 2000", "year 2000, good"):
        assert ends[name]["rtc"] < 0
        assert ends[name]["rtc_of_tls"] >= BUILD_TIME, (
            "TLS looked at a certificate with a clock from before it was made"
        )
    assert ends["no CA"]["rtc_of_tls"] is None, "without a CA nobody is even looked for"


def test_nothing_anywhere_accepts_any_certificate(tmp_path):
    for board in ("sim", "esp32"):
        build = [sys.executable, "-m", "tools.application", str(tmp_path / board), "--board", board]
        done = subprocess.run(build, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    sources = [*(ROOT / "firmware").rglob("*.py"), *(ROOT / "server").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    built = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(built) >= 2
    assert any(b"CERT_REQUIRED" in file.read_bytes() for file in built), "what is searched holds the TLS code"
    for file in (*sources, *built):
        for word in FORBIDDEN:
            assert word not in file.read_bytes(), f"{file} has {word.decode()}"
