"""Publishes many times through one link; prints what it cost."""

import gc
import json
import sys
import time

import umqtt.simple

from firmware.board.deadline import Network
from firmware.link import Link

PAYLOAD_BYTES = 80  # a batch of one record

with open(sys.argv[1]) as file:
    settings = json.load(file)
with open(settings["ca"], "rb") as file:
    authorities = [file.read()]
network = Network(authorities, settings["name"], time, lambda: False)
device = settings["device"]
link = Link(network, umqtt.simple, settings["host"], settings["port"], device, device, settings["password"], 60)
link.open()
clients = 1
topic = f"pet/v1/d/{device}/up/noise"
payload = bytes(PAYLOAD_BYTES)
begun_at = time.ticks_ms()
highest = 0
for _ in range(settings["count"]):
    client = link._client
    link.publish(topic, payload)
    clients += client is not link._client
    highest = max(highest, link._client.pid)
took_ms = time.ticks_diff(time.ticks_ms(), begun_at)
gc.collect()
free = gc.mem_free() * 100 // (gc.mem_free() + gc.mem_alloc())
link.close()
print(json.dumps({"clients": clients, "highest": highest, "took_ms": took_ms, "free_percent": free}))
