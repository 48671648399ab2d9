"""Programs started beside the server end with it, and what a crashed run left behind is recognised."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from server.demo.broker import IotcoreBroker
from server.demo.child import Child, Claim, StartError, command_of, end_process
from server.demo.ports import free_port, is_free, kept_port
from tests.parts import ROOT

WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]
TIMEOUT_S = 180


@pytest.fixture
def waiter(tmp_path):
    child = Child("waiter", WAITS, tmp_path)
    yield child
    child.stop()


def test_stop_ends_the_program_and_forgets_it(waiter, tmp_path):
    waiter.start()
    pid = waiter.pid
    # Linux shows the command a moment after the program has begun.
    assert until(lambda: command_of(pid) == " ".join(WAITS))
    waiter.stop()
    waiter.stop()
    assert command_of(pid) is None
    assert not list(tmp_path.glob("*.pid"))


def until(condition):
    """Whether a condition comes true before only a hang could explain that it does not."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition() and time.monotonic() < deadline:
        pass
    return condition()


def test_a_program_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StartError, match=r"waiter could not be started: .*no-such-program"):
        Child("waiter", ["/no-such-program"], tmp_path).start()


def test_what_a_crashed_run_left_behind_is_ended_before_the_next_start(tmp_path):
    crash = f"""
import os
from pathlib import Path
from server.demo.broker import IotcoreBroker
broker = IotcoreBroker(Path({str(tmp_path)!r}))
broker.start()
print(broker._child.pid, broker.port, flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", crash], cwd=ROOT, capture_output=True, text=True, check=False)
    pid, port = map(int, done.stdout.split())
    assert not is_free(port)
    with IotcoreBroker(tmp_path) as broker:
        assert command_of(pid) is None
        assert broker.port == port


def test_a_process_that_only_has_the_pid_is_left_alone(waiter, tmp_path):
    record = {"pid": os.getpid(), "command": WAITS}
    (tmp_path / "waiter.pid").write_text(json.dumps(record))
    waiter.start()
    assert end_process(os.getpid(), WAITS) is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "command": []}', '{"pid": 1}'])
def test_a_torn_pid_file_hinders_nothing(waiter, tmp_path, text):
    (tmp_path / "waiter.pid").write_text(text)
    waiter.start()
    assert waiter.running


def test_a_claim_names_its_holder_and_ends_with_it(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", CLAIM, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with holder:
        try:
            holder.stdout.readline()
            with pytest.raises(StartError, match=rf"in use by process {holder.pid}\. Stop that one"):
                Claim(tmp_path).take()
        finally:
            holder.kill()
    claim = Claim(tmp_path)
    claim.take()
    claim.release()


CLAIM = """
import sys, time
from pathlib import Path
from server.demo.child import Claim
claim = Claim(Path(sys.argv[1]))
claim.take()
print("taken", flush=True)
time.sleep(600)
"""


def test_a_busy_port_gets_a_sentence_and_a_remedy(tmp_path):
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(StartError, match=rf"Port {port} on 127\.0\.0\.1 is used by another program\. End"):
            IotcoreBroker(tmp_path / "broker", port=port).start()
        kept = tmp_path / "port"
        kept.write_text(f"{port}\n")
        with pytest.raises(StartError, match=rf"{port} .* or remove {kept}; then another port is chosen"):
            kept_port(kept)
    assert kept_port(kept) == port


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "-1"])
def test_a_spoilt_port_file_gets_a_sentence(tmp_path, text):
    (tmp_path / "port").write_text(text)
    with pytest.raises(StartError, match="Remove it; a port is chosen anew"):
        kept_port(tmp_path / "port")
