"""`pet demo` as somebody at a terminal meets it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.demo.child import command_of
from server.demo.ports import free_port
from tests.parts import ROOT, need

TIMEOUT_S = 600  # only a hang takes longer


def demo(directory, *options, **streams):
    command = [sys.executable, "-m", "server.main", "demo", "--directory", str(directory), *options]
    return subprocess.Popen(command, cwd=ROOT, text=True, **streams)


def processes_of(directory):
    """The command lines of processes that were started for this directory."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [line for pid in pids if pid != os.getpid() and str(directory) in (line := command_of(pid) or "")]


@pytest.mark.parametrize("broker", ["automatic", "embedded"])
def test_the_check_counts_the_same_everywhere_on_both_brokers(tmp_path, broker):
    need("mosquitto")
    need("micropython")
    done = subprocess.run(
        [sys.executable, "-m", "server.main", "demo", "--check", "--directory", str(tmp_path), "--broker", broker],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads(done.stdout.splitlines()[-1])
    assert set(counts) == {"completed", "stored", "charted"}
    assert counts["completed"] == counts["stored"] == counts["charted"] >= 50
    assert re.search(r"^all 60 agree: 60 thanked for .*, 60 in the database, 60 on the page", done.stdout, re.MULTILINE)
    assert "3 devices x 5 rounds x 4 people who answer = 60 responses" in done.stdout
    assert "as expected, " in done.stdout.partition("the network is cut")[2].partition("the network is mended")[0]
    told = re.findall(r"^(\S+): (\d+) answered so far, (\d+) delivered, (\d+) waiting", done.stdout, re.MULTILINE)
    assert len(told) == 3 * (5 + 1)  # after each round, and at the end
    assert all(int(answered) == int(delivered) + int(waiting) for _, answered, delivered, waiting in told)
    assert [int(delivered) for _, _, delivered, _ in told[-3:]] == [20, 20, 20]
    assert not list(tmp_path.iterdir())
    assert "killed and started again" in done.stdout
    assert f"broker: {'mosquitto' if broker == 'automatic' else 'iotcore'}" in done.stdout
    if sys.platform == "linux":
        assert processes_of(tmp_path) == []


def wait_for(process, words):
    """The line with these words; pytest's own output shows the lines before it."""
    for line in process.stdout:
        print(line, end="")
        if words in line:
            return line
    raise AssertionError(f"the demo ended without saying {words!r}")


def test_ctrl_c_stops_everything_and_the_next_run_goes_on(tmp_path):
    need("mosquitto")
    need("micropython")
    port = str(free_port())
    for _ in range(2):
        running = demo(tmp_path, "--port", port, stdout=subprocess.PIPE)
        try:
            assert f"http://127.0.0.1:{port}/" in wait_for(running, "PET is at")
            wait_for(running, " responses")  # in the middle of the history
            second = demo(tmp_path, "--port", port, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            words = second.communicate(timeout=TIMEOUT_S)[1]
            assert second.returncode == 2
            assert f"process {running.pid}" in words
            assert 'make demo ARGS="--directory' in words
            running.send_signal(signal.SIGINT)
            rest = running.communicate(timeout=TIMEOUT_S)[0]
        finally:
            running.kill()
            running.wait()
            running.stdout.close()
        assert running.returncode == 0, rest
        assert "the data stay in" in rest
        if sys.platform == "linux":
            assert processes_of(tmp_path) == []


@pytest.mark.parametrize("words", ["building the device's program", "starting PostgreSQL"])
def test_ctrl_c_before_everything_is_started_is_an_ordinary_end_too(tmp_path, words):
    need("mosquitto")
    need("micropython")
    running = demo(tmp_path, "--port", str(free_port()), stdout=subprocess.PIPE)
    try:
        wait_for(running, words)
        running.send_signal(signal.SIGINT)
        rest = running.communicate(timeout=TIMEOUT_S)[0]
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    assert (running.returncode, "the data stay in" in rest) == (0, True), rest


def test_the_check_takes_the_port_it_is_given(tmp_path):
    need("mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        refused = demo(tmp_path, "--check", "--port", port, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        words = refused.communicate(timeout=TIMEOUT_S)[1]
    assert refused.returncode == 2
    assert f"Port {port}" in words


def test_a_busy_port_gets_a_sentence_and_a_remedy(tmp_path):
    need("mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        refused = demo(tmp_path, "--port", port, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        words = refused.communicate(timeout=TIMEOUT_S)[1]
    assert refused.returncode == 2
    assert port in words
    assert f'another port: make demo ARGS="--port {int(port) + 1}"' in words
    assert "Traceback" not in words
