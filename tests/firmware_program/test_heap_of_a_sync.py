"""The bar of memory at the worst moment of a sync, of fetching, and of an update: with everything, and as on a chip.

A simulated device has more in its heap than a chip: the simulated board and its flash in place of the ESP32's, and
umqtt.simple, which stock builds run from flash. Both shares are measured here, in the same interpreter.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from mpy_cross_v6_3 import mpy_cross_compile

from protocol.messages import ITEM_APPLICATION, Item
from server.fleet.packages import build_package, read_definition
from tests.answering import answering
from tests.device_directory import IDENTITY, flashed
from tests.device_program import HEAP, NOW, TIMEOUT_S, answers, application, run
from tests.firmware_program.test_heap import LANGUAGES
from tests.parts import ROOT, need
from tests.server_end import ServerEnd
from tools.application import build_application
from tools.signing import create_key, make_archive, open_key

FREE_MIN = 0.40  # the bar of docs/adr/0006, with everything
WAITING = 130
ARCHIVE_BYTES = 100 * 1024


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """A folder with the instrument, compiled as the application is."""
    directory = tmp_path_factory.mktemp("rig")
    umqtt = (Path(sys.prefix) / "micropython/umqtt/simple.py").read_text()
    frozen = "def body():\n" + indent(umqtt, "    ") + "\n    return MQTTException, MQTTClient\n"
    watched = (ROOT / "tests/firmware_program/watched.py").read_text()
    for name, source in (("watched", watched), ("frozen_umqtt", frozen)):
        process, bytecode = mpy_cross_compile(name, source, optimization_level=3)
        assert bytecode, process.stderr
        (directory / f"{name}.mpy").write_bytes(bytecode)
    return directory


@pytest.fixture(scope="module")
def not_on_a_chip(rig, tmp_path_factory):
    """(bytes of the simulated board beyond the ESP32's, bytes of umqtt.simple that stay in flash)."""
    esp32 = tmp_path_factory.mktemp("esp32")
    build_application(esp32, "esp32")
    shares = {}
    for board, built in (("sim", built_application()), ("esp32", esp32)):
        done = subprocess.run(
            [need("micropython"), "-X", "heapsize=400wk", "tests/firmware_program/shares.py", board],
            cwd=ROOT,
            env={**os.environ, "MICROPYPATH": f"{built}:{rig}:{ROOT}:.frozen"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        shares[board] = json.loads(done.stdout)
    sim = shares["sim"]
    return sim["resident"] - shares["esp32"]["resident"], sim["umqtt"] - sim["umqtt_objects"]


def built_application():
    return Path(application()["MICROPYPATH"].split(":")[0])


def on_the_device(directory, rig):
    """The path that modules are found on: as short as on a device, where the application lies in /a or /b."""
    (directory / "a").symlink_to(built_application())
    return f"a:{rig}:.frozen"


def watched(directory, path, *commands):
    """The worst moment of a device that is given these commands, and all its events.

    Its folder is "." to it: on a chip no path is longer, and where the tests happen to run must not count.
    """
    done = subprocess.run(
        [need("micropython"), "-X", f"heapsize={HEAP}", "-m", "watched", ".", "--virtual", str(NOW), "--quiet"],
        cwd=directory,
        env={**os.environ, "MICROPYPATH": path},
        input="".join(f"{line}\n" for line in commands),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.stderr == ""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return events[-1], events


def share_free(what, worst, *elsewhere):
    """With everything; both figures are said, for whoever runs this with -s."""
    chip = worst["live"] - sum(elsewhere)
    free, free_on_chip = (1 - live / worst["heap"] for live in (worst["live"], chip))
    where = f"{what} ({worst['where']})"
    print(f"heap at the worst of {where}: {worst['live']} bytes live, {free:.1%} free with everything", end="; ")
    print(f"{chip} bytes live, {free_on_chip:.1%} free as on a chip (not there: {elsewhere})")
    return free


def a_sync(device, mosquitto, rig, server):
    """The worst moment of a device that asks, and then delivers what has waited in its journal."""
    passes = (*answers(1, 2, 3, 4, 5), "wait 9000")
    assert run(device, *passes * (WAITING - 1), quiet=True).errors == ""
    path = on_the_device(device, rig)
    with answering(mosquitto, server):
        worst, events = watched(device, path, *passes, "sync")
    (synced,) = [event for event in events if event["event"] == "synced"]
    assert (synced["delivered"], synced["error"]) == (WAITING, None)
    return worst


def test_a_sync_over_tls_leaves_enough_free_at_its_worst_moment(device, mosquitto, rig, not_on_a_chip):
    worst = a_sync(device, mosquitto, rig, ServerEnd(IDENTITY, NOW))
    assert share_free("a sync", worst, *not_on_a_chip) >= FREE_MIN


@pytest.mark.parametrize("what", ["an archive", "a questionnaire"])
def test_fetching_leaves_enough_free_at_its_worst_moment(device, mosquitto, rig, not_on_a_chip, what):
    kind, data = ITEM_APPLICATION, random.Random(1).randbytes(ARCHIVE_BYTES)
    if what == "a questionnaire":
        definition = read_definition(ROOT / "deploy/demo/questionnaires/beds.toml")
        assert len(definition["languages"]) == LANGUAGES
        kind, data = 1, build_package(definition, 8)
    digest = hashlib.sha256(data).digest()
    server = ServerEnd(IDENTITY, NOW)
    server.revision, server.packages = 3, {digest: data}
    server.items = (Item(kind, 0, 3, len(data), digest),)
    worst = a_sync(device, mosquitto, rig, server)
    assert server.requests
    assert share_free(f"fetching {what}", worst, *not_on_a_chip) >= FREE_MIN


def test_an_update_leaves_enough_free_at_its_worst_moment(tmp_path, rig, not_on_a_chip):
    public = create_key(tmp_path / "key").read_text()
    built = built_application()
    files = {file.relative_to(built).as_posix(): file.read_bytes() for file in sorted(built.rglob("*.mpy"))}
    first, second = (make_archive(open_key(tmp_path / "key"), n, f"0.{n}", "sim", files) for n in (1, 2))
    directory = flashed(tmp_path / "device", first, public)
    (directory / "vfs/application.new").write_bytes(second)
    worst, _ = watched(directory, f"./vfs/a:{rig}:.frozen")
    assert (directory / "vfs/slot").read_text() == "b"
    assert share_free("an update", worst, not_on_a_chip[0]) >= FREE_MIN
