"""The secrets that the database may hold only wrapped, by a key that lives in a file outside of it."""

import hmac
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.envelope import KEY_BYTES
from server.errors import OperatorError
from server.fleet.files import write_private

WRAPPING_NONCE_BYTES = 12  # of AES-GCM, random for each wrapping
SALT_BYTES = 16
FINGERPRINT_BYTES = 8


class KeyRing:
    """Wraps and unwraps. What a secret is for is bound in, so rows cannot be exchanged."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def wrap(self, key: bytes, organisation_id: int, device_id: int, key_epoch: int) -> bytes:
        """Nonce, ciphertext and tag: 60 bytes for a key of 32."""
        return self._seal(key, _bound_to(organisation_id, device_id, key_epoch))

    def unwrap(self, wrapped: bytes, organisation_id: int, device_id: int, key_epoch: int) -> bytes:
        """The key again. Raises OperatorError where another key file wrapped it, or for another device."""
        what = f"the key of device {device_id}, epoch {key_epoch}"
        return self._open(wrapped, _bound_to(organisation_id, device_id, key_epoch), what)

    def wrap_secret(self, secret: bytes, organisation_id: int, purpose: str) -> bytes:
        """Any secret of an organisation. `purpose` is bound in, so that none passes for another."""
        return self._seal(secret, _bound_for(organisation_id, purpose))

    def unwrap_secret(self, wrapped: bytes, organisation_id: int, purpose: str) -> bytes:
        """The secret again. Raises OperatorError where another key file wrapped it, or for another purpose."""
        return self._open(wrapped, _bound_for(organisation_id, purpose), f"the secret '{purpose}'")

    @property
    def fingerprint(self) -> str:
        """Says which key it is and nothing about it: 64 bits of a keyed hash of 256 random ones."""
        return hmac.digest(self._key, b"pet-key-file", "sha256")[:FINGERPRINT_BYTES].hex()

    def salt(self, organisation_id: int, purpose: str) -> str:
        """Always the same for a purpose, and unknown to who has only the database: a hash with it can't be guessed."""
        return hmac.digest(self._key, b"salt:" + _bound_for(organisation_id, purpose), "sha256")[:SALT_BYTES].hex()

    def _seal(self, secret: bytes, bound_to: bytes) -> bytes:
        nonce = secrets.token_bytes(WRAPPING_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, bound_to)

    def _open(self, wrapped: bytes, bound_to: bytes, what: str) -> bytes:
        nonce, sealed = wrapped[:WRAPPING_NONCE_BYTES], wrapped[WRAPPING_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed, bound_to)
        except InvalidTag:
            raise OperatorError(
                f"{what} was not wrapped by this key file: restore the key file that belongs to this database."
            ) from None


# Opens the key file only where a secret is needed: most of an operator's commands touch none.
OpenKeyRing = Callable[[], KeyRing]


def create_key_file(path: Path) -> None:
    """A new random key, readable by its owner only. Raises OperatorError where the file exists."""
    write_private(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")


def open_key_ring(path: Path) -> KeyRing:
    """The key file's KeyRing. Raises OperatorError that says what is wrong with the file and what to do."""
    try:
        mode = path.stat().st_mode
        key = bytes.fromhex(path.read_text())
    except FileNotFoundError:
        raise OperatorError(
            f"there is no key file {path}: restore it from its own backup, or, for a new database, "
            "say `pet key create`."
        ) from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "64 hex digits belong in it"
        raise OperatorError(f"the key file {path} cannot be used: {cause}.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OperatorError(f"others than its owner may read the key file {path}: say `chmod 600 {path}`.")
    if len(key) != KEY_BYTES:
        raise OperatorError(f"the key file {path} holds {len(key)} bytes instead of {KEY_BYTES}: restore it.")
    return KeyRing(key)


def _bound_to(organisation_id: int, device_id: int, key_epoch: int) -> bytes:
    return b"pet-device-key:%d:%d:%d" % (organisation_id, device_id, key_epoch)


def _bound_for(organisation_id: int, purpose: str) -> bytes:
    return b"pet-secret:%d:%s" % (organisation_id, purpose.encode())
