"""Writes the golden vectors: python -m tests.golden.make_vectors. Nothing here or below it imports `protocol`."""

import hmac
import json
from hashlib import sha256
from pathlib import Path

from tests.golden import of_files, of_messages, of_records
from tests.golden.by_hand import KEY, OTHER_KEY

DIRECTORY = Path(__file__).parent
MESSAGES = (  # word on the topic, whether it goes up
    ("status", "status", True),
    ("desired", "desired", False),
    ("batch", "batch", True),
    ("ack", "ack", False),
    ("content request", "content", True),
    ("content chunk", "content", False),
)
# RFC 4231, test cases 1 to 4: key, data, HMAC-SHA-256 as printed there.
RFC_4231 = (
    ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe".hex(),
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        bytes(range(1, 26)).hex(),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
)


def hmacs():
    for number, (key, data, printed) in enumerate(RFC_4231, 1):
        assert hmac.new(bytes.fromhex(key), data, sha256).hexdigest() == printed
        yield {"name": f"RFC 4231, case {number}", "key": key, "data": data.hex(), "hmac_sha256": printed}
    for key, length in ((KEY, 0), (KEY, 55), (KEY, 64), (OTHER_KEY, 3584), (bytes(64), 65), (b"", 1)):
        data = bytes(at % 251 for at in range(length))
        yield {
            "name": f"{length} bytes under a key of {len(key)}",
            "key": key.hex(),
            "data": data.hex(),
            "hmac_sha256": hmac.new(key, data, sha256).hexdigest(),
        }


def topics():
    for device_id in (1, 0xC0FFEE, 0xFFFFFFFF):
        name = device_id.to_bytes(4, "big").hex()
        yield {
            "name": f"device {device_id}",
            "device_id": device_id,
            "device_name": name,
            "down_filter": f"pet/v1/d/{name}/down/+",
            "topics": {message: f"pet/v1/d/{name}/{'up' if up else 'down'}/{word}" for message, word, up in MESSAGES},
        }


def refused_topics():
    good = "pet/v1/d/00c0ffee/up/batch"
    for name, topic in (
        ("no text", ""),
        ("a topic that goes down", "pet/v1/d/00c0ffee/down/ack"),
        ("a word that nobody says", "pet/v1/d/00c0ffee/up/ack"),
        ("no word", "pet/v1/d/00c0ffee/up"),
        ("a level more", good + "/1"),
        ("a level before", "/" + good),
        ("another version", "pet/v2/d/00c0ffee/up/batch"),
        ("capital letters", "pet/v1/d/00C0FFEE/up/batch"),
        ("seven digits", "pet/v1/d/0c0ffee/up/batch"),
        ("nine digits", "pet/v1/d/100c0ffee/up/batch"),
        ("no digits", "pet/v1/d//up/batch"),
        ("a sign", "pet/v1/d/+0c0ffee/up/batch"),
        ("a prefix", "pet/v1/d/0xc0ffee/up/batch"),
        ("an underscore", "pet/v1/d/00c0_fee/up/batch"),
        ("a blank", "pet/v1/d/ 0c0ffee/up/batch"),
        ("a letter beyond f", "pet/v1/d/00c0ffeg/up/batch"),
        ("two hundred digits", "pet/v1/d/" + "f" * 200 + "/up/batch"),
    ):
        yield {"name": name, "topic": topic, "reason": "topic"}


def instants():
    """PET time is Unix time less 1577836800; what does not fit is 0, "unset"."""
    for name, unix_s, instant in (
        ("one second into 2020", 1577836801, 1),
        ("2025-11-15T00:00:00Z", 1763164800, 185328000),
        ("the last", 1577836800 + 0xFFFFFFFF, 0xFFFFFFFF),
        ("the first second of 2020, which is unset", 1577836800, 0),
        ("one beyond the last", 1577836800 + 0x100000000, 0),
        ("1970", 0, 0),
    ):
        yield {"name": name, "unix_s": unix_s, "instant": instant}


def files():
    """Every file by its name."""
    key = {"key": KEY.hex()}
    return {
        "digests.json": {"crc32": list(of_records.crcs()), "hmac_sha256": list(hmacs())},
        "records.json": {"vectors": list(of_records.valid()), "refused": list(of_records.refused())},
        "messages.json": {
            **key,
            "vectors": list(of_messages.valid()),
            "refused": list(of_messages.refused()),
        },
        "identity.json": {
            "area_bytes": of_files.AREA_BYTES,
            "vectors": list(of_files.identities()),
            "refused": list(of_files.refused_identities()),
        },
        "packages.json": {
            "vectors": list(of_files.packages()),
            "refused_heads": list(of_files.refused_package_heads()),
            "refused_indices": list(of_files.refused_package_indices()),
            "texts": list(of_files.text_packages()),
            "refused_texts": list(of_files.refused_text_packages()),
        },
        "topics.json": {"vectors": list(topics()), "refused": list(refused_topics())},
        "instants.json": {"vectors": list(instants())},
    }


def text_of(content):
    """JSON that a person can read and two machines write alike."""
    return json.dumps(content, indent=1) + "\n"


if __name__ == "__main__":
    for name, content in files().items():
        (DIRECTORY / name).write_text(text_of(content), encoding="ascii")
        print(name, sum(len(rows) for rows in content.values() if isinstance(rows, list)), "vectors")
