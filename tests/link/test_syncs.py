"""Whole syncs over TLS through a real Mosquitto: what they cost, what they bring, and settings that lead nowhere."""

import hashlib
import json
import os
import subprocess
from base64 import b64encode

import pytest

from firmware.board.faulty_nor import FaultyFlash
from firmware.handing import RECORDS
from firmware.journal import Journal
from protocol.messages import ITEM_QUESTIONNAIRE, ITEM_SETTINGS, Item
from protocol.record import KIND_RESPONSE, Record, encode_payload
from protocol.topics import device_name
from server.demo.broker import INGEST_USER
from server.demo.ports import free_port
from tests.answering import PASSWORD, TIMEOUT_S, answering
from tests.device_directory import IDENTITY, make_device, questionnaire
from tests.link.counting_proxy import CountingProxy
from tests.parts import ROOT, micropython_environment
from tests.server_end import ServerEnd

NOW = 220000000
DAY = 20  # responses
LONG = 3000
ROUND_TRIPS_MAX = 5
WIRE_BYTES_MAX = 42  # a response
HEAP = "2M"  # of sources, compiled as they are loaded; memory is judged by the built application elsewhere


@pytest.fixture
def server():
    return ServerEnd(IDENTITY, NOW)


@pytest.fixture
def line(mosquitto, server):
    """(broker, proxy before it); the server answers."""
    mosquitto.allow(INGEST_USER, PASSWORD)
    mosquitto.allow(device_name(IDENTITY.device_id), IDENTITY.mqtt_password)
    with answering(mosquitto, server), CountingProxy(mosquitto.port) as proxy:
        yield mosquitto, proxy


def settings(broker, port, **more):
    authority = b64encode(broker.certificates.authority_der.read_bytes()).decode()
    return {"broker": {"host": broker.host, "port": port}, "ca": [authority], **more}


def device(directory, given, responses):
    make_device(directory, settings=given)
    flash = FaultyFlash(str(directory / "journal.nor"))
    journal = Journal(flash, IDENTITY.device_id, os.urandom)
    for number in range(responses):
        journal.append(encode_payload(Record(KIND_RESPONSE, 0, 7, 0, 1, number, 0, 0, 0, 0, 0, 3, (1, 2, 3, 4, 5))))
    flash.close()
    return directory


def sync(directory, micropython, syncs=1):
    """How each ended."""
    run = directory / "run.json"
    run.write_text(json.dumps({"directory": str(directory), "syncs": syncs}))
    done = subprocess.run(
        [micropython, "-X", f"heapsize={HEAP}", "tests/link/device/synchronises.py", run],
        cwd=ROOT,
        env=micropython_environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S * 4,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_days_responses_need_few_round_trips(line, server, tmp_path, micropython):
    broker, proxy = line
    (end,) = sync(device(tmp_path / "device", settings(broker, proxy.port), DAY), micropython)
    assert (end["delivered"], end["error"]) == (DAY, None)
    assert len(server.records) == DAY
    print(f"{proxy.round_trips()} round trips after TLS, {proxy.wire_bytes()} bytes with all headers: {proxy.passed}")
    assert proxy.round_trips() <= ROUND_TRIPS_MAX


def test_a_response_of_a_long_sync_is_few_bytes_on_the_wire(line, server, tmp_path, micropython):
    broker, proxy = line
    (end,) = sync(device(tmp_path / "device", settings(broker, proxy.port), LONG), micropython)
    assert end["error"] is None
    assert end["progress"] == [*range(RECORDS, LONG, RECORDS), LONG]
    assert len(server.records) == LONG
    print(f"{proxy.wire_bytes() / LONG:.2f} bytes a response, handshake and headers included, {end['took_ms']} ms")
    assert proxy.wire_bytes() / LONG <= WIRE_BYTES_MAX


def desire(server, revision, *items):
    wanted = []
    for kind, number, data in items:
        digest = hashlib.sha256(data).digest()
        server.packages[digest] = data
        wanted.append(Item(kind, number, revision, len(data), digest))
    server.revision, server.items = revision, tuple(wanted)


def test_a_questionnaire_arrives(line, server, tmp_path, micropython):
    broker, proxy = line
    given = settings(broker, proxy.port)
    directory = device(tmp_path / "device", given, DAY)
    (directory / "vfs/questionnaire.pkg").write_bytes(b"of yesterday")
    desire(server, 3, (ITEM_QUESTIONNAIRE, 0, questionnaire()), (ITEM_SETTINGS, 0, json.dumps(given).encode()))
    ends = sync(directory, micropython, 2)
    assert [end["error"] for end in ends] == [None, None]
    assert (directory / "vfs/questionnaire.pkg").read_bytes() == questionnaire()
    assert ends[-1]["files"] == ["held.bin", "questionnaire.pkg", "settings.json"]
    assert server.status.desired_revision == 3
    chunks = -(-len(questionnaire()) // 1024)
    assert sum(count for _, count in server.requests) == chunks, "each chunk was asked for once"


def test_settings_that_lead_nowhere_are_given_up_and_good_ones_kept(line, server, tmp_path, micropython):
    broker, proxy = line
    directory = device(tmp_path / "device", settings(broker, proxy.port), 1)
    file = directory / "vfs/settings.json"
    first = file.read_bytes()
    desire(server, 3, (ITEM_SETTINGS, 0, json.dumps(settings(broker, free_port())).encode()))
    fetched, *tries, back = sync(directory, micropython, 5)
    assert (fetched["error"], fetched["again"]) == (None, True)
    assert all("no broker found" in end["error"] for end in tries)
    assert back["error"] is None
    assert file.read_bytes() == first
    other = json.dumps(settings(broker, broker.port, sync_every_s=1200)).encode()
    desire(server, 4, (ITEM_SETTINGS, 0, other))
    assert [end["error"] for end in sync(directory, micropython, 3)] == [None] * 3
    assert file.read_bytes() == other
    assert server.status.desired_revision == 4
