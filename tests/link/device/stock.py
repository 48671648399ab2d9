"""Stock umqtt.simple without the adapter, its socket given a time-out: publishes into whatever the network does."""

import json
import socket
import sys

import umqtt.simple

from tests.link.esp32 import Esp32Socket

TIMEOUT_S = 0.3


class Sockets:
    """What umqtt uses as its module socket."""

    getaddrinfo = staticmethod(socket.getaddrinfo)

    def __init__(self, kind):
        self.socket = kind


with open(sys.argv[1]) as file:
    settings = json.load(file)
umqtt.simple.socket = Sockets(Esp32Socket if settings["esp32"] else socket.socket)
device = settings["device"]
client = umqtt.simple.MQTTClient(device, "127.0.0.1", settings["port"], device, settings["password"], 60)
client.set_callback(print)
client.connect()
client.sock.settimeout(TIMEOUT_S)
client.subscribe(f"pet/v1/d/{device}/down/+")
print(json.dumps({"step": "publishing"}))
try:
    client.publish(f"pet/v1/d/{device}/up/batch", b"0123456789", qos=1)
except OSError as error:
    print(json.dumps({"ended": str(error)}))
