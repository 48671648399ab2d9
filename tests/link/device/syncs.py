"""Connects, subscribes, publishes and receives, once for each entry of `runs`; prints how each ended."""

import json
import sys
import time

import umqtt.simple

from firmware import link as link_module
from firmware.board.deadline import Network, verified
from firmware.failures import LinkError
from firmware.link import Link
from tests.link.esp32 import Esp32Socket, Esp32Tls
from tests.link.wire import plain

STEPS = ("open", "subscribe", "publish", "receive")


def esp32_tls(raw, ca_der, server_name):
    return Esp32Tls(verified(raw, ca_der, server_name))


def make_link(run):
    secure = plain if not run.get("tls", True) else esp32_tls if run.get("esp32") else verified
    arguments = {"make_socket": Esp32Socket} if run.get("esp32") else {}
    ca_der = b""
    for name in run["ca"].split():
        with open(name, "rb") as file:
            ca_der += file.read()
    network = Network(ca_der, run["name"], time, lambda: False, secure=secure, **arguments)
    device = run["device"]
    return Link(network, umqtt.simple, run["host"], run["port"], device, device, run["password"], 60), network


def converse(link, device, timeout_ms, done):
    link.open()
    done.append("open")
    link.subscribe(f"pet/v1/d/{device}/down/+")
    done.append("subscribe")
    link.publish(f"pet/v1/d/{device}/up/batch", b"0123456789")
    done.append("publish")
    message = link.receive(timeout_ms)
    if message is None:
        raise LinkError("no message", "nothing was received")
    assert message == (f"pet/v1/d/{device}/down/ack".encode(), b"0123456789"), message
    done.append("receive")


def run_once(run):
    link, network = make_link(run)
    timeout_ms = run.get("timeout_ms", 10000)
    for name in ("OPEN", "SUBSCRIBE", "PUBLISH", "MESSAGE", "CLOSE"):
        setattr(link_module, name + "_TIMEOUT_MS", timeout_ms)
    done = []
    kind = words = None
    begun_at = time.ticks_ms()
    try:
        converse(link, run["device"], timeout_ms, done)
    except LinkError as error:
        kind, words = error.kind, error.words
    took_ms = time.ticks_diff(time.ticks_ms(), begun_at)
    link.close()
    return {"done": done, "kind": kind, "words": words, "took_ms": took_ms, "address": network.resolved}


with open(sys.argv[1]) as file:
    settings = json.load(file)
for run in settings.pop("runs"):
    settings.update(run)
    print(json.dumps(run_once(settings)))
