"""A small OpenID provider: real HTTP, a real key, and whatever a test wants it to claim."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "pet", "a client secret"
KEY_BITS = 2048


class OpenIdProvider:
    """`claims` go into the next ID token over the usual ones; `key` signs it."""

    def __init__(self):
        self.key = self.published = RSAKey.generate_key(KEY_BITS, {"kid": "1"}, private=True)
        self.algorithm = "RS256"
        self.claims = {}
        self._codes = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.answer(self)

            def do_POST(self):
                provider.answer(self, self.rfile.read(int(self.headers["content-length"])).decode())

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def consent(self, address):
        """What a person does there: where their browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def answer(self, request, body=""):
        path = urlsplit(request.path).path
        if path == "/.well-known/openid-configuration":
            found = {"issuer": self.issuer} | {
                name: f"{self.issuer}/{word}"
                for name, word in (
                    ("authorization_endpoint", "authorize"),
                    ("token_endpoint", "token"),
                    ("jwks_uri", "keys"),
                )
            }
            return self._send(request, 200, found)
        if path == "/keys":
            return self._send(request, 200, {"keys": [self.published.as_dict(private=False)]})
        return self._token(request, {name: values[0] for name, values in parse_qs(body).items()})

    def _token(self, request, form):
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code"), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = asked and challenge.decode().rstrip("=") == asked["code_challenge"]
        if request.headers["authorization"] != basic or not fits or form["redirect_uri"] != asked["redirect_uri"]:
            return self._send(request, 400, {"error": "invalid_grant"})
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "anna-at-the-provider",
            "exp": int(time.time()) + 60,
            "nonce": asked["nonce"],
            "email": "anna@example.org",
            "email_verified": True,
        }
        token = jwt.encode({"alg": self.algorithm, "kid": "1"}, claims | self.claims, self.key)
        return self._send(request, 200, {"id_token": token, "access_token": "x", "token_type": "Bearer"})

    @staticmethod
    def _send(request, status, found):
        data = json.dumps(found).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
