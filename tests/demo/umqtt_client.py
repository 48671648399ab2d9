"""A device's MQTT client for the broker tests: MicroPython, umqtt.simple and TLS, driven by lines on stdin.

Start: micropython umqtt_client.py HOST PORT CA_DER USER PASSWORD. It answers each line with one line:
`publish TOPIC SIZE` with `published` (after PUBACK), `subscribe TOPIC` with `subscribed`, `receive` with it.
"""

import socket
import ssl
import sys

from umqtt.simple import MQTTClient


class Tls:
    """Stands in for the module ussl that umqtt.simple imports: the same call, but the server is verified."""

    @staticmethod
    def wrap_socket(stream, server_hostname, authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=authority)
        return context.wrap_socket(stream, server_hostname=server_hostname)


def main(host, port, authority_file, user, password):
    sys.modules["ussl"] = Tls
    sys.modules["usocket"] = socket
    with open(authority_file, "rb") as file:  # noqa: PTH123 - MicroPython has no pathlib
        authority = file.read()
    parameters = {"server_hostname": host, "authority": authority}
    client = MQTTClient(user, host, int(port), user, password, 60, True, parameters)
    client.set_callback(lambda topic, message: print("received", topic.decode(), message.decode()))
    client.connect()
    print("connected")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "publish":
            client.publish(words[1], b"x" * int(words[2]), qos=1)
            print("published")
        elif words[0] == "subscribe":
            client.subscribe(words[1])
            print("subscribed")
        elif words[0] == "receive":
            client.wait_msg()


if __name__ == "__main__":
    main(*sys.argv[1:])
