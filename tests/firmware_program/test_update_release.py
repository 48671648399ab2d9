"""The whole application, as releases hold it, updates itself: real starts, real journal, on a smaller heap too."""

import json
import os
import subprocess

import pytest

from tests.device_directory import flashed, journal
from tests.device_program import NOW, answers
from tests.parts import need
from tools.application import build_application
from tools.signing import create_key, make_archive, open_key

HEAP = "56wk"
SMALLER_HEAP = "40wk"  # on which there is room enough too, although memory is in pieces by then
TIMEOUT_S = 300  # only a hang takes longer


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """(archive of version 1, archive of version 2, text of release.pub): the same application twice."""
    directory = tmp_path_factory.mktemp("releases")
    public = create_key(directory / "key").read_text()
    built = build_application(directory / "app", "sim")
    files = {file.relative_to(directory / "app").as_posix(): file.read_bytes() for file in sorted(built)}
    key = open_key(directory / "key")
    return make_archive(key, 1, "0.1", "sim", files), make_archive(key, 2, "0.2", "sim", files), public


@pytest.fixture
def device(tmp_path, releases):
    """Flashed with version 1, which has proved good; version 2 is fetched and waits."""
    first, second, public = releases
    directory = flashed(tmp_path / "device", first, public)
    assert start(directory, *answers(1, 2, 3, 4, 5), "wait 9000")[0] == 0
    (directory / "vfs/application.new").write_bytes(second)
    return directory


def start(directory, *lines, heap=HEAP):
    done = subprocess.run(
        [need("micropython"), "-X", f"heapsize={heap}", "vfs/main.py", directory, "--virtual", str(NOW), "--quiet"],
        cwd=directory,
        env={**os.environ, "MICROPYPATH": ".frozen"},
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, events, done.stdout + done.stderr


@pytest.mark.parametrize("heap", [HEAP, SMALLER_HEAP])
def test_the_application_installs_its_successor_which_runs_and_finds_the_answers(device, heap):
    with journal(device) as before:
        kept = list(before.records(1, before.capacity))
    assert kept
    _, _, said = start(device, heap=heap)  # it installs before it serves anybody, and starts anew
    assert (device / "vfs/slot").read_text() == "b", said
    assert not (device / "vfs/application.new").exists()
    code, events, said = start(device, "status")
    assert code == 0, said
    assert events[-1]["event"] == "status"
    counters = json.loads((device / "counters.json").read_text())
    assert counters["app_version"] == 1
    assert counters["tries_b"] == 1
    with journal(device) as after:
        assert list(after.records(1, after.capacity)) == kept
