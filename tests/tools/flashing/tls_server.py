"""A server of one's own over TLS, for answers that no real one would give."""

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from server.demo.certificates import make_certificates


@contextmanager
def tls_server(folder, reply):
    """Yields (address, the CA's file). `reply(method, path, token, body)`: (status, JSON), or None to hang up."""
    files = make_certificates(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = reply(self.command, self.path, self.headers["Authorization"].removeprefix("Bearer "), body)
            if said is None:
                self.close_connection = True
                return
            status, fields = said
            data = json.dumps(fields).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PATCH = do_GET  # noqa: N815 - as the library calls them

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server_pem, files.server_key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}", files.authority_pem
        finally:
            server.shutdown()
            thread.join()
