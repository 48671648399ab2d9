"""Ed25519 of the device against that of a library: in CPython, and in MicroPython on the heap of a device."""

import json
import random
import subprocess
from hashlib import sha512

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware.signature import ORDER, PRIME, Sha512, verify
from tests.firmware.archives import public_key, sign
from tests.parts import ROOT, micropython_environment, need

HEAP = "56wk"
IN_MICROPYTHON = """
import json, sys, time
from binascii import unhexlify
from firmware.signature import verify
for line in sys.stdin:
    public, signature, message = [unhexlify(part) for part in json.loads(line)]
    pieces = [message[at : at + 128] for at in range(0, len(message), 128)]
    before = time.ticks_us()
    good = verify(public, signature, pieces)
    print(json.dumps([good, time.ticks_diff(time.ticks_us(), before)]))
"""


def library_says(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def cases(seed, count):
    """(public, signature, message): good ones, and ones that are harmed in every part and way."""
    chance = random.Random(seed)
    for number in range(count):
        key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(chance.randrange(700))
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        scalar = int.from_bytes(signature[32:], "little")
        yield public, signature, message
        yield public, harmed(signature, chance), message
        yield public, signature, harmed(message, chance) if message else b"\x00"
        yield harmed(public, chance), signature, message
        yield public, signature[:32] + (scalar + ORDER).to_bytes(32, "little"), message
        yield public, signature[:32] + (ORDER - scalar).to_bytes(32, "little"), message
        yield public, (PRIME + number % 19).to_bytes(32, "little") + signature[32:], message
        yield public, bytes(32) + bytes(32), message
        yield public, chance.randbytes(64), message
        yield chance.randbytes(32), signature, message


def harmed(data, chance):
    bit = chance.randrange(8 * len(data))
    return (int.from_bytes(data, "little") ^ 1 << bit).to_bytes(len(data), "little")


def test_the_device_and_the_library_agree_on_every_signature():
    verdicts = []
    for public, signature, message in cases(1, 40):
        verdicts.append(verify(public, signature, [message[:100], message[100:]]))
        assert verdicts[-1] == library_says(public, signature, message), (public, signature, message)
    assert verdicts.count(True) == 40


def test_micropython_agrees_on_the_heap_of_a_device(record_property):
    asked = list(cases(2, 12))
    lines = [json.dumps([part.hex() for part in case]) for case in asked]
    done = subprocess.run(
        [need("micropython"), "-X", f"heapsize={HEAP}", "-c", IN_MICROPYTHON],
        cwd=ROOT,
        env=micropython_environment(),
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [good for good, _ in answers] == [library_says(*case) for case in asked]
    times_ms = sorted(us / 1000 for (_, us), case in zip(answers, asked, strict=True) if library_says(*case))
    print(f"one check: {times_ms[len(times_ms) // 2]:.1f} ms in the middle, {times_ms[-1]:.1f} ms at most")
    record_property("check_ms", times_ms[len(times_ms) // 2])


def test_sha_512_is_the_library_s():
    chance = random.Random(3)
    for length in (*range(260), 1000, 5000):
        message = chance.randbytes(length)
        digest = Sha512()
        digest.absorb(message)
        assert digest.finish() == sha512(message).digest(), length


def test_what_the_tests_sign_the_library_accepts():
    """Else the archives of the other tests were nonsense to anybody but the device."""
    for seed in (bytes(32), bytes(range(32))):
        key = Ed25519PrivateKey.from_private_bytes(seed)
        assert public_key(seed) == key.public_key().public_bytes_raw()
        assert sign(seed, b"message") == key.sign(b"message")
