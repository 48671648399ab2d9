"""Ed25519 as RFC 8032 says it, and everything that only looks like a signature."""

from binascii import hexlify, unhexlify

from firmware.signature import ORDER, PRIME, Sha512, _encoded, _point, _sum, verify
from tests.firmware.archives import OTHER_SEED, SEED, public_key, sha512, sign

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
            "55141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
            "0d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
            "27beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a"
            "9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9"
            "bef1177331a704"
        ),
    ),
)
# FIPS 180-4's examples, and lengths around a block.
DIGESTS = (
    (b"", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"),
    (b"abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018",
    ),
    (b"a" * 1000, "67ba5535a46e3f86dbfbed8cbbaf0125c76ed549ff8b0b9e03e0c88cf90fa634"),
)
# Every point whose order divides eight: 1, 2, 4, 4, and four of order 8.
SMALL_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
MESSAGE = b"version 7"


def number(data):
    return int.from_bytes(data, "little")


def test_the_vectors_of_the_rfc():
    for public, message, signature in VECTORS:
        assert verify(unhexlify(public), unhexlify(signature), [unhexlify(message)]), message
        assert not verify(unhexlify(public), unhexlify(signature), [unhexlify(message), b"\x00"])


def test_sha_512():
    for message, digest in DIGESTS:
        assert hexlify(sha512(message))[:64] == digest.encode(), message


def test_sha_512_takes_pieces_of_any_length():
    message = bytes(range(256)) * 3
    for size in (1, 3, 64, 127, 128, 129, 300):
        digest = Sha512()
        for at in range(0, len(message), size):
            digest.absorb(message[at : at + size])
        assert digest.finish() == sha512(message), size


def test_a_signature_is_over_every_bit_of_the_message():
    public, signature = public_key(SEED), sign(SEED, MESSAGE)
    assert verify(public, signature, [MESSAGE])
    assert verify(public, signature, [MESSAGE[:4], b"", MESSAGE[4:]])
    for at in range(len(MESSAGE)):
        changed = bytearray(MESSAGE)
        changed[at] ^= 1 << at % 8
        assert not verify(public, signature, [bytes(changed)])


def test_no_bit_of_a_signature_can_change():
    public, signature = public_key(SEED), sign(SEED, MESSAGE)
    for bit in range(0, 512, 7):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verify(public, bytes(changed), [MESSAGE]), bit


def test_another_key_does_not_verify():
    assert not verify(public_key(OTHER_SEED), sign(SEED, MESSAGE), [MESSAGE])
    assert not verify(public_key(SEED), sign(OTHER_SEED, MESSAGE), [MESSAGE])


def test_wrong_lengths():
    public, signature = public_key(SEED), sign(SEED, MESSAGE)
    for length in (0, 32, 63):
        assert not verify(public, signature[:length], [MESSAGE])
    assert not verify(public, signature + b"\x00", [MESSAGE])
    assert not verify(public[:31], signature, [MESSAGE])
    assert not verify(public + b"\x00", signature, [MESSAGE])


def test_a_second_spelling_of_the_scalar_is_refused():
    """S and S + ORDER satisfy the same equation: without the check, everybody could make a second signature."""
    public, signature = public_key(SEED), sign(SEED, MESSAGE)
    scalar = number(signature[32:])
    for more in range(1, 8):
        again = scalar + more * ORDER
        assert not verify(public, signature[:32] + again.to_bytes(32, "little"), [MESSAGE])
    for scalar in (ORDER, ORDER + 1, (1 << 256) - 1, 1 << 255, 0):
        assert not verify(public, signature[:32] + scalar.to_bytes(32, "little"), [MESSAGE])


def test_a_second_spelling_of_a_point_is_refused():
    public, signature = public_key(SEED), sign(SEED, MESSAGE)
    for y in (0, 1):  # the points that have one: PRIME + y still fits into 255 bits
        for sign_bit in (0, 1 << 255):
            spelling = (PRIME + y + sign_bit).to_bytes(32, "little")
            assert not verify(spelling, signature, [MESSAGE])
            assert not verify(public, spelling + signature[32:], [MESSAGE])
    spelt = 0
    for y in range(19):
        spelt += _point(y.to_bytes(32, "little")) is not None
        assert _point((PRIME + y).to_bytes(32, "little")) is None
    assert spelt > 5
    for y in (1, PRIME - 1):  # x = 0 has no sign
        assert _point(y.to_bytes(32, "little"))
        assert _point((y + (1 << 255)).to_bytes(32, "little")) is None


def test_a_key_that_is_no_point_is_refused():
    signature = sign(SEED, MESSAGE)
    off_curve = 0
    for y in range(2, 40):
        off_curve += not verify(y.to_bytes(32, "little"), signature, [MESSAGE])
    assert off_curve == 38
    assert not verify(b"\xff" * 32, signature, [MESSAGE])


def test_a_key_of_small_order_signs_nothing():
    """With such a key S = 0 and R = the neutral point "sign" every eighth message at least, and with 1 all of them."""
    for spelling in SMALL_ORDER:
        for commitment in SMALL_ORDER:
            assert not verify(unhexlify(spelling), unhexlify(commitment) + bytes(32), [MESSAGE]), spelling


def test_a_commitment_of_small_order_is_no_signature():
    public = public_key(SEED)
    for commitment in SMALL_ORDER:
        for scalar in (0, 1, ORDER - 1):
            assert not verify(public, unhexlify(commitment) + scalar.to_bytes(32, "little"), [MESSAGE])


def test_the_equation_is_checked_without_the_cofactor():
    """A commitment with a part of small order satisfies the equation times eight only. The RFC allows either; the
    device must not accept what another verifier refuses.
    """
    from tests.firmware.archives import _of_base, _secret

    scalar, prefix = _secret(SEED)
    public = public_key(SEED)
    once = number(sha512(prefix, MESSAGE)) % ORDER
    commitment = _encoded(_sum(_point(_of_base(once)), _point(unhexlify(SMALL_ORDER[1]))))
    challenge = number(sha512(commitment, public, MESSAGE))
    forged = commitment + ((once + challenge * scalar) % ORDER).to_bytes(32, "little")
    assert not verify(public, forged, [MESSAGE])
