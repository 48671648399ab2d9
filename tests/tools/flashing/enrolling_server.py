"""A server that enrols as docs/api.md says, over TLS: one-use tokens, a MAC keeps its number, refusals in words."""

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from server.demo.certificates import make_certificates


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
    files = make_certificates(folder)
    known = Enrolments(tokens)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/api/v1/enrolments"
            status, answer = known.enrol(self.headers["Authorization"].removeprefix("Bearer "), body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server_pem, files.server_key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}", files.authority_pem, known
        finally:
            server.shutdown()
            thread.join()
