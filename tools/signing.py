"""The keys of releases: made, opened, and used to sign and to check archives."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from protocol.archive import (
    ArchiveFile,
    Manifest,
    check_archive,
    pack_head,
    pack_manifest,
    signature_of,
    signed_part,
)

KEY_BYTES = 32
PUBLIC_KEYS_MAX = 2  # in a device: the one in use and the next one
OWNER_ONLY = 0o600
# The first bytes of an .mpy file: "M", version, architecture of native code (above 2 bits of its version), small ints.
MPY_HEAD_BYTES = 4
SMALL_INT_BITS_MAX = 31  # of a 32-bit device


class ReleaseError(RuntimeError):
    """What is wrong with a key or an archive, and what to do."""


def create_key(file: Path) -> Path:
    """Write a new private key and, beside it, the public one, whose path is returned. Never over an existing file."""
    public = file.with_name(f"{file.name}.pub")
    if public.exists():
        raise ReleaseError(f"{public} exists already, devices may hold it: name another file.")
    key = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        raise ReleaseError(f"{file} exists already, it may be the only copy of a key: name another file.") from None
    with os.fdopen(descriptor, "wb") as private:
        private.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private.flush()
        os.fsync(private.fileno())
    public.write_text(f"{key.public_key().public_bytes_raw().hex()}\n")
    return public


def open_key(file: Path) -> Ed25519PrivateKey:
    """Raises ReleaseError for a file that is no such key, or that others than its owner may read."""
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ReleaseError(f"others than its owner may read the private key {file}: say `chmod 600 {file}`.")
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseError(f"{file} is not a private key of ours: `python -m tools.release key FILE` makes one.")
    return key


def read_public_keys(file: Path) -> list[bytes]:
    """The keys in a `.pub` file: one or two lines of 64 hexadecimal digits. Raises ReleaseError."""
    try:
        keys = [bytes.fromhex(line) for line in file.read_text().split()]
    except ValueError:
        keys = []
    if not 1 <= len(keys) <= PUBLIC_KEYS_MAX or any(len(key) != KEY_BYTES for key in keys):
        raise ReleaseError(f"{file} does not hold one or two lines of {2 * KEY_BYTES} hexadecimal digits.")
    return keys


def make_archive(key: Ed25519PrivateKey, version: int, text: str, board: str, files: Mapping[str, bytes]) -> bytes:
    """The signed archive of these files (name to content). Raises ProtocolError or ReleaseError for what cannot run."""
    listed = tuple(ArchiveFile(name, len(content), sha256(content).digest()) for name, content in files.items())
    manifest = pack_manifest(Manifest(version, text, board, *_bytecode(files), listed))
    signed = pack_head(manifest) + manifest
    archive = signed + key.sign(signed) + b"".join(files.values())
    check_archive(archive)
    return archive


def signer(archive: bytes, public_keys: list[bytes]) -> str:
    """The public key, as hexadecimal digits, that the archive is signed with. Raises ReleaseError when it is none."""
    for key in public_keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature_of(archive), signed_part(archive))
        except InvalidSignature:
            continue
        return key.hex()
    raise ReleaseError("the archive is not signed with that key, or was changed since: do not use it.")


def _bytecode(files: Mapping[str, bytes]) -> tuple[int, int]:
    """(.mpy version, native architecture) that the files need of a device."""
    heads = {content[:MPY_HEAD_BYTES] for name, content in files.items() if name.endswith(".mpy")}
    kinds = {(head[1], head[2] >> 2) for head in heads if len(head) == MPY_HEAD_BYTES}
    if len(kinds) != 1 or any(not head.startswith(b"M") or head[-1] > SMALL_INT_BITS_MAX for head in heads):
        raise ReleaseError("the application's files are not bytecode for one kind of device: build them again.")
    return kinds.pop()
