"""Looks for secrets where none should be: in every form in which a program may have written one."""

import threading
import time
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

LOOK_EVERY_S = 0.03
PART_BYTES_MIN = 8
KINDS = ("cmdline", "environ")


def forms(secret):
    """As it is, as digits, as Python shows bytes, in both alphabets of base64 wherever in a longer text it begins."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield repr(secret)[2:-1].encode()
    yield secret.hex(" ").encode()
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            after = -(before + len(secret)) % 3
            text = encode(bytes(before) + secret + bytes(after))
            # Signs that also hold bits of what stands before or behind say nothing of the secret.
            yield text[-(-before * 4 // 3) : len(text) - -(-after * 4 // 3)]


def leaks(places, secrets):
    """(place, secret) of each that is in one: `places` by name as bytes, `secrets` by name as bytes."""
    return {
        (place, name)
        for place, content in places.items()
        for name, secret in secrets.items()
        if any(_part(form) in content for form in forms(secret))
    }


def _part(form):
    """A third is too much already: tracebacks cut what is long."""
    return form[: max(PART_BYTES_MIN, len(form) // 3)]


class Watch(threading.Thread):
    """Collects the arguments and the environment of every process, as far as this account may read them."""

    def __init__(self):
        super().__init__()
        self.seen = {kind: set() for kind in KINDS}
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(LOOK_EVERY_S):
            self.look()

    def look(self):
        for process in Path("/proc").glob("[0-9]*"):
            for kind in KINDS:
                try:
                    self.seen[kind].add((process / kind).read_bytes())
                except OSError:
                    continue

    def places(self):
        return {"arguments": b"\0".join(self.seen["cmdline"]), "environments": b"\0".join(self.seen["environ"])}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


def wait_for_look(watch, words):
    """Until it has seen these words among the arguments."""
    deadline = time.monotonic() + 60
    while not any(words in each for each in set(watch.seen["cmdline"])):
        assert time.monotonic() < deadline
        time.sleep(LOOK_EVERY_S)
