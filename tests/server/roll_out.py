"""An operator who says what the ward's devices should hold, and devices that fetch it; with plain functions."""

from base64 import b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from protocol.archive import ArchiveFile, Manifest, pack_head, pack_manifest
from protocol.envelope import CONTENT_CHUNK, CONTENT_REQUEST, DESIRED, DOWN, parse, verify
from protocol.messages import (
    ContentRequest,
    decode_content_chunk,
    decode_desired,
    encode_content_request,
)
from server.fleet import assignments, device_settings, releases, texts
from server.fleet.desired import refresh
from server.fleet.held import held_states
from server.fleet.organisations import find_organisation
from server.fleet.scope import parse_scope
from tests.server.ingest.ward import KEY_RING, NOW

CA = b64encode(b"\x30\x82" + bytes(300)).decode()
NETWORK = {"ssid": "Ward", "password": "of the ward 1"}
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def public_line(key=SIGNING_KEY):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def archive(version, board="sim", key=SIGNING_KEY, files=(("firmware/main.mpy", b"code"),), text=None):
    """A signed release, as tools/release.py would build it."""
    rows = [ArchiveFile(name, len(data), sha256(data).digest()) for name, data in files]
    manifest = pack_manifest(Manifest(version, text or f"0.{version}", board, 6, 0, rows))
    signed = pack_head(manifest) + manifest
    return signed + key.sign(signed) + b"".join(data for _, data in files)


class Operator:
    """Says what should be, in one transaction each, as the command line does."""

    def __init__(self, ward):
        self.ward = ward
        self.now = NOW

    def change(self, what, *arguments, **named):
        """Call a function of server.fleet with session and organisation, and let the desired states follow."""
        with Session(self.ward.engine, expire_on_commit=False) as session, session.begin():
            result = what(session, find_organisation(session, self.ward.name), *arguments, **named)
            refresh(session, lambda: KEY_RING, self.now)
            return result

    def scoped(self, what, scope, *arguments, **named):
        return self.change(
            lambda session, owner: what(session, owner, parse_scope(session, owner, scope), *arguments, **named)
        )

    def assign(self, code="ward", scope="organisation", **named):
        def call(session, owner):
            return assignments.assign(session, owner, code, parse_scope(session, owner, scope), self.now, **named)

        return self.change(call).reference

    def unassign(self, number=0, scope="organisation"):
        self.scoped(assignments.unassign, scope, number)

    def set(self, name, value, scope="organisation"):
        self.scoped(device_settings.set_setting, scope, name, value, lambda: KEY_RING, self.now)

    def set_all(self, port=8883, scope="organisation"):
        """What devices cannot do without."""
        self.set("broker", {"host": "broker.example", "port": port}, scope)
        self.set("ca", [CA], scope)
        self.set("wifi", [NETWORK], scope)

    def say(self, scope="organisation", approved=True, **named):
        words = named.pop("words", {"en": "You said it was loud. We fixed the doors."})
        item = self.scoped(texts.add_text, scope, words, self.now, **named)
        if approved:
            self.change(texts.approve_text, item.text_id, "matron", self.now)
        return item.text_id

    def release(self, number, keys, scope="organisation", board="sim"):
        self.change(releases.add_release, archive(number, board), keys, self.now)
        self.scoped(releases.assign_release, scope, board, number, self.now)

    def refresh(self):
        return self.change(lambda *_: None)

    def words(self, serial="A"):
        with Session(self.ward.engine) as session:
            states = held_states(session, find_organisation(session, self.ward.name))
        return next(state.words for state in states if state.serial == serial)


def greet(ward, handheld, **status):
    """A new connection; what the device is told to hold: (revision, {(kind, number): item})."""
    replies = ward.process(handheld.status(**status))
    assert handheld.take(replies) == 2
    [desired] = [decode_desired(body) for header, body in map(_parsed, replies) if header.type == DESIRED]
    return desired.revision, {(item.kind, item.number): item for item in desired.items}


def ask(ward, handheld, digest, first=0, chunks=8, beside=()):
    """A content request of this connection; the chunks that come."""
    request = handheld.sealed(CONTENT_REQUEST, encode_content_request(ContentRequest(digest, first, chunks)))
    return chunks_for(handheld, ward.process(request, *beside))


def chunks_for(handheld, replies):
    found = []
    for reply in replies:
        header, body = _parsed(reply)
        if header.type == CONTENT_CHUNK and header.device_nonce == handheld.device_nonce:
            verify(reply.payload, handheld.identity.hmac_key)
            assert header.server_nonce == handheld.server_nonce
            found.append(decode_content_chunk(body))
    return found


def fetch(ward, handheld, item):
    """The whole content, asked for as a device does."""
    data = b""
    while len(data) < item.length:
        chunks = ask(ward, handheld, item.digest, len(data) // 1024)
        assert [chunk.chunk for chunk in chunks] == list(
            range(len(data) // 1024, min(len(data) // 1024 + 8, -(-item.length // 1024)))
        )
        assert all(chunk.data for chunk in chunks), "there is no such content for this device"
        data += b"".join(chunk.data for chunk in chunks)
    assert sha256(data).digest() == item.digest
    return data


def _parsed(reply):
    return parse(reply.payload, DOWN)
