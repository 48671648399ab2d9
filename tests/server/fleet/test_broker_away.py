"""What an operator reads when the broker is away, or is not ours: from each command that needs it, and no traceback."""

import os
import subprocess
import sys

import pytest

from server.demo.certificates import make_certificates
from server.demo.ports import free_port
from server.fleet.broker_follower import NOT_TOLD
from tests.parts import ROOT
from tests.server.ingest.wire import Line


@pytest.fixture
def away(trust, tmp_path):
    """`pet` with settings that name a broker at a port where nobody is."""
    authority = make_certificates(tmp_path / "certificates").authority_pem
    (tmp_path / "ingest.password").write_text("of-ingest")
    port = str(free_port())
    trust.environment |= {"PET_BROKER_PORT": port, "PET_BROKER_CA_FILE": str(authority)}
    return trust, port


def test_a_broker_that_is_away_is_named_with_what_to_look_at(away):
    pet, port = away
    assert pet.refuses("broker", "follow") == (
        f"pet: the broker at localhost:{port} does not answer: Connection refused. Does it run, and are "
        "PET_BROKER_HOST, PET_BROKER_PORT and PET_BROKER_CA_FILE right?\n"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PET_BROKER_HOST": "nobody.invalid"}, "the broker at nobody.invalid:"),
        ({"PET_BROKER_CA_FILE": "nothing.pem"}, "PET_BROKER_CA_FILE names nothing.pem, which cannot be used"),
        ({"PET_BROKER_PASSWORD_FILE": "nothing"}, "PET_BROKER_PASSWORD_FILE"),
    ],
)
def test_settings_that_lead_nowhere_are_named(away, changes, words):
    pet, _ = away
    assert words in pet.refuses("broker", "follow", **changes)


def test_a_broker_of_another_authority_is_not_believed(away, mosquitto):
    pet, _ = away
    told = {**os.environ, **pet.environment, "PET_BROKER_PORT": str(mosquitto.ingest_port), "PYTHONPATH": str(ROOT)}
    # In a process of its own: the library leaves the socket of a handshake that failed to the end of it.
    command = [sys.executable, "-m", "server.main", "broker", "follow"]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "certificate verify failed" in done.stderr
    assert done.stderr.endswith("and PET_BROKER_CA_FILE right?\n")


def test_what_needs_no_broker_is_done_and_says_that_it_was_not_told(away):
    pet, _ = away
    assert NOT_TOLD in pet("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    assert "AA, never heard of" in pet("fleet")
    assert NOT_TOLD in pet("device", "rotate-key", "AA", "--identity-file", "aa2.bin")
    for command in ("revoke", "retire"):
        assert NOT_TOLD in pet("device", command, "AA")


def test_ingest_says_what_is_in_the_way_and_goes_on_when_the_broker_comes(tmp_path, database_url, mosquitto, trust):
    mosquitto.allow("ingest", "of-ingest")
    mosquitto.stop()
    line = Line(tmp_path / "line", database_url, mosquitto, tmp_path / "key")
    try:
        worker = line.worker(ready=False)
        worker.wait_for_log("the broker's accounts do not follow: the broker at localhost:")
        worker.wait_for_log("no connection to the broker: [Errno 111] Connection refused; trying again")
        assert "Traceback" not in worker.log
        assert NOT_TOLD in trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
        mosquitto.start()
        worker.wait_for_log("ready: subscribed")
        worker.wait_for_log("accounts: 1 devices let in")
        assert worker.stop() == 0
    finally:
        line.close()
