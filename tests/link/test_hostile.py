"""Why the adapter is there: what stock umqtt does, and what a peer that is no broker can do to a device."""

import json
import random
import socket
import subprocess
import threading
from contextlib import suppress

import pytest

from tests.link.stalling import Plan, StallingProxy

CONNECT_AND_SUBSCRIBE_BYTES = 52 + 31
WATCH_S = 3  # ten times the time-out that stock umqtt was given
NOISE_BYTES = 65536


def start_stock(device, port, **settings):
    process = device.start("stock", port=port, **settings)
    assert json.loads(process.stdout.readline()) == {"step": "publishing"}
    return process


def test_stock_umqtt_hangs_on_the_esp32_port(device, broker):
    plan = Plan(up=CONNECT_AND_SUBSCRIBE_BYTES + 10)
    with StallingProxy(broker.plain_port, [plan]) as proxy, start_stock(device, proxy.port, esp32=True) as process:
        try:
            assert plan.stalled.wait(60)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(WATCH_S)
        finally:
            process.kill()


def test_the_hang_is_invisible_on_the_unix_port(device, broker):
    """The control: the same script, the same stall. That is why the tests imitate the ESP32."""
    plan = Plan(up=CONNECT_AND_SUBSCRIBE_BYTES + 10)
    with StallingProxy(broker.plain_port, [plan]) as proxy, start_stock(device, proxy.port, esp32=False) as process:
        output, _ = process.communicate(timeout=180)
        assert "ended" in output, output


@pytest.fixture
def noise():
    """A port that answers whoever connects with NOISE_BYTES of noise, and listens no more."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def answer():
        peers = []
        while not closing.is_set():
            peer, _ = listener.accept()
            peers.append(peer)
            with suppress(OSError):  # the device hung up, as it should
                peer.sendall(random.Random(1).randbytes(NOISE_BYTES))
        for peer in peers:
            peer.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield listener.getsockname()[1]
    closing.set()
    socket.create_connection(listener.getsockname()).close()
    thread.join()
    listener.close()


@pytest.mark.parametrize(("tls", "kind"), [(True, "tls"), (False, "protocol")])
@pytest.mark.parametrize("esp32", [False, True], ids=["unix", "esp32"])
def test_noise_in_place_of_a_broker_is_refused(device, noise, tls, kind, esp32):
    (end,) = device.run("syncs", runs=[{"port": noise}], tls=tls, esp32=esp32)
    assert end["kind"] == kind, end
    assert end["done"] == []
