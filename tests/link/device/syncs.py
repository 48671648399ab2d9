"""Connects, subscribes, publishes and receives, once for each entry of `runs`; prints how each ended."""

import json
import sys
import time

import umqtt.simple

from firmware import link as link_module
from firmware.board import joining
from firmware.board.deadline import Network
from firmware.board.joining import verified
from firmware.link import Link
from firmware.link_error import LinkError
from tests.link.esp32 import Esp32Socket, Esp32Tls
from tests.link.wire import plain


def esp32_tls(raw, authorities, server_name):
    return Esp32Tls(verified(raw, authorities, server_name))


def make_link(run):
    secure = plain if not run.get("tls", True) else esp32_tls if run.get("esp32") else verified
    arguments = {"make_socket": Esp32Socket} if run.get("esp32") else {}
    authorities = []
    for name in run["ca"].split():
        with open(name, "rb") as file:
            authorities.append(file.read())
    network = Network(authorities, run["name"], time, lambda: False, secure=secure, **arguments)
    device = run["device"]
    return Link(network, umqtt.simple, run["host"], run["port"], device, device, run["password"], 60), network


class Steps:
    """The steps done, and when the one under way began."""

    def __init__(self):
        self.done = []
        self.begun_at = time.ticks_ms()

    def append(self, step):
        self.done.append(step)
        self.begun_at = time.ticks_ms()


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
    joining.OPEN_TIMEOUT_MS = timeout_ms
    for name in ("SUBSCRIBE", "PUBLISH", "MESSAGE", "CLOSE"):
        setattr(link_module, name + "_TIMEOUT_MS", timeout_ms)
    steps = Steps()
    kind = words = None
    try:
        converse(link, run["device"], timeout_ms, steps)
    except LinkError as error:
        kind, words = error.kind, error.words
    took_ms = time.ticks_diff(time.ticks_ms(), steps.begun_at)  # the step that failed
    link.close()
    return {"done": steps.done, "kind": kind, "words": words, "took_ms": took_ms, "address": network.resolved}


with open(sys.argv[1]) as file:
    settings = json.load(file)
for run in settings.pop("runs"):
    settings.update(run)
    print(json.dumps(run_once(settings)))
