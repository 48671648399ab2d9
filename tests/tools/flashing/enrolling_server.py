"""A server that enrols as docs/api.md says, over TLS: one-use tokens, a MAC keeps its number, refusals in words."""

import json
from contextlib import contextmanager

from tests.tools.flashing.tls_server import tls_server


class Enrolments:
    """What it knows. `asked`: every body, with the token it came with."""

    def __init__(self, tokens):
        self.tokens = set(tokens)
        self.asked = []
        self.devices = {}  # by MAC: (number, key epoch)

    def enrol(self, token, body):
        """(status, answer)."""
        self.asked.append((token, body))
        if token not in self.tokens:
            return 401, {"detail": "this token was used already"}
        if body.get("serial") == "TAKEN":
            return 409, {"detail": "TAKEN is a device with another MAC"}
        self.tokens.remove(token)
        number, epoch = self.devices.get(body["mac"], (len(self.devices) + 1, 0))
        self.devices[body["mac"]] = number, epoch + 1
        key = bytes([number, epoch + 1]) * 16
        return 201, {
            "device": f"{number:08x}",
            "device_id": number,
            "serial": body.get("serial") or body["mac"],
            "mac": body["mac"],
            "key_epoch": epoch + 1,
            "hmac_key": key.hex(),
            "mqtt_password": (key + b"!").hex(),
            "known": epoch > 0,
        }


@contextmanager
def enrolling_server(folder, tokens):
    """Yields (address, the CA's file, Enrolments)."""
    known = Enrolments(tokens)

    def reply(method, path, token, body):
        assert (method, path) == ("POST", "/api/v1/enrolments")
        return known.enrol(token, json.loads(body))

    with tls_server(folder, reply) as (address, authority):
        yield address, authority, known
