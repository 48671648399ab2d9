"""Whether an Ed25519 signature is good (RFC 8032, section 5.1.7), in plain Python. In memory only during an update.

Stock MicroPython has neither Ed25519 nor SHA-512. This takes 15 ms on a PC and, by estimate, seconds on an ESP32: once
an update, while nobody waits. It needs no secret, so it need not hide what it does: nothing here is fit for signing.
Stricter than the RFC where it leaves a choice: the equation is checked without the cofactor, on R's own 32 bytes (so R
has one spelling only), and a public key of small order, for which signatures can be had without a private key, is
refused.
"""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Point = tuple[int, int, int, int]  # X, Y, Z, T: x = X/Z, y = Y/Z, x y = T/Z

POINT_BYTES = 32  # and a signature is twice as long
# As powers, which tools/slim.py does not work out: each use of such a number would be a copy of it in memory.
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the base point, a prime
SCALAR_BITS = 253
BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960  # 4/5
CURVE_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555  # -121665/121666
ROOT_OF_MINUS_1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752
LOW_64 = 2**64 - 1
HASH_BLOCK_BYTES = 128  # of SHA-512
ROUNDS = 80
LENGTH_BYTES = 16  # of the message in bits, at the end of the last block


def verify(public: bytes, signature: bytes, message: "Iterable[bytes]") -> bool:
    """Whether the holder of the private key to `public` (32 bytes) signed the pieces of `message`, put together."""
    if len(public) != POINT_BYTES or len(signature) != 2 * POINT_BYTES:
        return False
    scalar = int.from_bytes(signature[POINT_BYTES:], "little")
    key = _point(public)
    if scalar >= ORDER or key is None or _has_small_order(key):
        return False
    challenge = _challenge(public, signature, message)
    x, y, z, t = key
    minus_key = (PRIME - x, y, z, PRIME - t)
    return _encoded(_sum_of_multiples(scalar, challenge, minus_key)) == signature[:POINT_BYTES]


def _challenge(public: bytes, signature: bytes, message: "Iterable[bytes]") -> int:
    hashed = Sha512()
    hashed.absorb(signature[:POINT_BYTES])
    hashed.absorb(public)
    for piece in message:
        hashed.absorb(piece)
    return int.from_bytes(hashed.finish(), "little") % ORDER


class Sha512:
    """SHA-512 (FIPS 180-4) of what comes in pieces."""

    def __init__(self) -> None:
        primes = _primes()
        self._constants = array("Q", [_fraction_of_root(prime, 3) for prime in primes])
        self._state = [_fraction_of_root(prime, 2) for prime in primes[:8]]
        self._rest = b""
        self._length = 0

    def absorb(self, piece: bytes) -> None:
        """A piece of any length."""
        self._length += len(piece)
        piece = self._rest + piece
        at = 0
        while at + HASH_BLOCK_BYTES <= len(piece):
            self._take(piece[at : at + HASH_BLOCK_BYTES])
            at += HASH_BLOCK_BYTES
        self._rest = piece[at:]

    def finish(self) -> bytes:
        """The 64 bytes. Nothing may be added afterwards."""
        zeros = (HASH_BLOCK_BYTES - 1 - LENGTH_BYTES - self._length) % HASH_BLOCK_BYTES
        self.absorb(b"\x80" + bytes(zeros) + (8 * self._length).to_bytes(LENGTH_BYTES, "big"))
        return b"".join([word.to_bytes(8, "big") for word in self._state])

    def _take(self, block: bytes) -> None:
        """One block. A word is put behind itself to turn it: its turns are the low 64 bits of plain shifts then."""
        words = [int.from_bytes(block[at : at + 8], "big") for at in range(0, HASH_BLOCK_BYTES, 8)]
        a, b, c, d, e, f, g, h = self._state
        for turn in range(ROUNDS):
            place = turn & 15
            if turn > 15:
                words[place] = _scheduled(words, place)
            twice = e << 64 | e
            first = h + (twice >> 14 ^ twice >> 18 ^ twice >> 41) + (e & f ^ ~e & g)
            first = (first & LOW_64) + self._constants[turn] + words[place]
            twice = a << 64 | a
            second = (twice >> 28 ^ twice >> 34 ^ twice >> 39) + (a & b ^ a & c ^ b & c)
            h, g, f, e, d, c, b, a = g, f, e, (d + first) & LOW_64, c, b, a, (first + second) & LOW_64
        added = (a, b, c, d, e, f, g, h)
        self._state = [(word + added[place]) & LOW_64 for place, word in enumerate(self._state)]


def _scheduled(words: "list[int]", place: int) -> int:
    """The word that takes this place for the next sixteen rounds."""
    early = words[(place + 1) & 15]
    late = words[(place + 14) & 15]
    turned = (early << 64 | early) >> 1 ^ (early << 64 | early) >> 8
    turned = (turned & LOW_64) ^ early >> 7
    more = (late << 64 | late) >> 19 ^ (late << 64 | late) >> 61
    more = (more & LOW_64) ^ late >> 6
    return (words[place] + turned + words[(place + 9) & 15] + more) & LOW_64


def _primes() -> "list[int]":
    """As many as there are rounds, from 2."""
    primes: list[int] = []
    number = 2
    while len(primes) < ROUNDS:
        if all([number % prime for prime in primes]):
            primes.append(number)
        number += 1
    return primes


def _fraction_of_root(number: int, degree: int) -> int:
    """The first 64 bits after the point of a root: SHA-512's constants are such, and less room than a table of them."""
    scaled = number << 64 * degree
    root = 1 << 69  # above it; Newton's method comes down from there, to the whole part of the root
    while True:
        better = ((degree - 1) * root + scaled // root ** (degree - 1)) // degree
        if better >= root:
            return root & LOW_64
        root = better


def _point(data: bytes) -> "Point | None":
    """RFC 8032, section 5.1.3; None where no point is spelt like this."""
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * ROOT_OF_MINUS_1 % PRIME
    if x * x % PRIME != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return (x, y, 1, x * y % PRIME)


def _encoded(point: "Point") -> bytes:
    x, y, z, _ = point
    inverse = pow(z, PRIME - 2, PRIME)
    return ((y * inverse % PRIME) | (x * inverse % PRIME & 1) << 255).to_bytes(POINT_BYTES, "little")


def _sum(one: "Point", other: "Point") -> "Point":
    """Of any two points, also of a point and itself: RFC 8032, section 5.1.4."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * CURVE_D % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def _has_small_order(point: "Point") -> bool:
    for _ in range(3):
        point = _sum(point, point)
    return point[0] == 0 and point[1] == point[2]  # eight times it is the neutral point


def _sum_of_multiples(scalar: int, challenge: int, point: "Point") -> "Point":
    """`scalar` times the base point plus challenge times this point, both at once, from the highest bit down."""
    base = _point(BASE_Y.to_bytes(POINT_BYTES, "little"))
    assert base
    choice = (None, base, point, _sum(base, point))
    total = (0, 1, 1, 0)
    for bit in range(SCALAR_BITS - 1, -1, -1):
        total = _sum(total, total)
        chosen = choice[(scalar >> bit & 1) | (challenge >> bit & 1) << 1]
        if chosen:
            total = _sum(total, chosen)
    return total
