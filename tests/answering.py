"""The server's end of the line behind a real broker: answers what a device sends, as an ingest worker would."""

import queue
import threading
from contextlib import contextmanager

from paho.mqtt.client import CallbackAPIVersion, Client

from protocol.topics import ALL_UP
from server.demo.broker import INGEST_USER

PASSWORD = "of-ingest"
TIMEOUT_S = 180  # only a hang takes longer


@contextmanager
def answering(broker, server):
    """`server` answers what comes up through this broker, as an ingest worker would."""
    subscribed = threading.Event()
    failures = queue.Queue()

    def answer(client, _, message):
        try:
            for topic, reply in server.take(message.topic, message.payload):
                client.publish(topic.decode(), reply, qos=1)
        except Exception as failure:  # noqa: BLE001 - paho's thread would swallow it
            failures.put(failure)

    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(INGEST_USER, PASSWORD)
    client.tls_set(ca_certs=str(broker.certificates.authority_pem))
    client.on_message = answer
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(broker.host, broker.ingest_port)
    client.subscribe(ALL_UP, qos=1)
    client.loop_start()
    try:
        assert subscribed.wait(TIMEOUT_S)
        yield
    finally:
        client.disconnect()
        client.loop_stop()
    assert failures.empty(), failures.get()
