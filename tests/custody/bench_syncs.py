"""Prints what a sync costs with every part real: TLS, Mosquitto, `pet ingest`, PostgreSQL, acks after the commit.

What is deterministic of it, bytes and round trips, is asserted in tests/link/test_syncs.py.
"""

import json
from time import monotonic

import pytest

from firmware.board.nor import NorFlash
from firmware.journal import Journal
from protocol.record import PAYLOAD_BYTES, decode_record, encode_payload
from tests.custody.conftest import press
from tests.link.counting_proxy import CountingProxy

RUNS = 3
MANY = 10000
DAY = 20


def fill(directory, responses):
    """Repeat the newest record of a device that is not running until so many wait."""
    flash = NorFlash(str(directory / "journal.nor"))
    journal = Journal(flash)
    record = decode_record(journal.records(journal.last_sequence, 1)[0][1])
    for number in range(responses - (journal.last_sequence - journal.acked_through)):
        payload = encode_payload(record._replace(seconds=record.seconds + number // 100))
        assert len(payload) == PAYLOAD_BYTES
        journal.append(payload)
    flash.close()


def reach_through(directory, port):
    file = directory / "vfs/settings.json"
    settings = json.loads(file.read_text())
    settings["broker"]["port"] = port
    file.write_text(json.dumps(settings))


@pytest.mark.parametrize("responses", [MANY, DAY])
def test_print_what_a_sync_costs(ward, responses):
    print(
        f"\n{responses} responses in one sync; bars: 10,000 in 5 s, 42 bytes a response, 5 round trips for a day's 20"
    )
    print("seconds   a s    bytes each   without TLS handshake   with TCP/IP headers   round trips")
    for _ in range(RUNS):
        directory = ward.directory()
        device = ward.start(directory)
        press(device, 1)
        assert device.sync()["error"] is None  # also brings what a new device has to fetch
        device.close()
        fill(directory, responses)
        with CountingProxy(ward.line.broker.port) as proxy:
            reach_through(directory, proxy.port)
            device = ward.start(directory)
            began_s = monotonic()
            end = device.sync()
            took_s = monotonic() - began_s
            device.close()
        assert (end["delivered"], end["waiting"], end["error"]) == (responses, 0, None)
        assert ward.sequences(directory) == list(range(1, responses + 2))
        everything = sum(length for _, length, _ in proxy.passed)
        data = sum(length for _, length, is_data in proxy.passed if is_data)
        print(
            f"{took_s:7.2f} {responses / took_s:6.0f} {everything / responses:12.2f} {data / responses:22.2f}"
            f" {proxy.wire_bytes() / responses:21.2f} {proxy.round_trips():13}"
        )
