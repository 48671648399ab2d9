"""Signs archives for tests, also in MicroPython: the half of Ed25519 that a device has no use for. Never a real key."""

from hashlib import sha256

from firmware.signature import ORDER, POINT_BYTES, Sha512, _encoded, _sum_of_multiples
from protocol.archive import ArchiveFile, Manifest, pack_head, pack_manifest

SEED = bytes(range(1, 33))
OTHER_SEED = bytes(range(2, 34))
NEUTRAL = (0, 1, 1, 0)
FILES = (
    ("firmware/one.mpy", b"M\x06" + bytes(range(250)) * 3),
    ("firmware/two.mpy", b"M\x06two"),
    ("x.mpy", b""),
    ("firmware/large.mpy", bytes(range(7, 250)) * 11),
    ("umqtt/simple.mpy", bytes(range(9, 200)) * 2),
)


def sha512(*parts):
    digest = Sha512()
    for part in parts:
        digest.absorb(part)
    return digest.finish()


def _secret(seed):
    """RFC 8032, section 5.1.5: (scalar, prefix)."""
    digest = sha512(seed)
    scalar = int.from_bytes(digest[:POINT_BYTES], "little")
    return scalar & ((1 << 254) - 8) | 1 << 254, digest[POINT_BYTES:]


def _of_base(scalar):
    return _encoded(_sum_of_multiples(scalar % ORDER, 0, NEUTRAL))


def public_key(seed):
    return _of_base(_secret(seed)[0])


def sign(seed, message):
    """RFC 8032, section 5.1.6."""
    scalar, prefix = _secret(seed)
    once = int.from_bytes(sha512(prefix, message), "little") % ORDER
    commitment = _of_base(once)
    challenge = int.from_bytes(sha512(commitment, _of_base(scalar), message), "little")
    return commitment + ((once + challenge * scalar) % ORDER).to_bytes(POINT_BYTES, "little")


def make_manifest(version=2, board="sim", bytecode=6, native=0, files=FILES):
    listed = tuple([ArchiveFile(name, len(content), sha256(content).digest()) for name, content in files])
    return Manifest(version, "0.%d" % version, board, bytecode, native, listed)


def make_archive(version=2, board="sim", bytecode=6, native=0, files=FILES, seed=SEED):
    manifest = pack_manifest(make_manifest(version, board, bytecode, native, files))
    signed = pack_head(manifest) + manifest
    return signed + sign(seed, signed) + b"".join([content for _, content in files])
