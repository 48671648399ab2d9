"""What a response is called outside: device, journal and sequence, which never change."""

import re
from typing import NamedTuple

from protocol.topics import device_name

FORM = re.compile("([0-9a-f]{8})-([0-9a-f]{16})-([1-9][0-9]{0,9})")
EXAMPLE = "0000002a-0123456789abcdef-17"


class ResponseKey(NamedTuple):
    """What names a response in the database, beside its organisation."""

    device_id: int
    journal_id: bytes
    sequence: int

    def name(self) -> str:
        """As addresses and exports have it."""
        return f"{device_name(self.device_id)}-{self.journal_id.hex()}-{self.sequence}"


def parse_name(name: str) -> ResponseKey | None:
    """The key again; None where this is no name of a response."""
    found = FORM.fullmatch(name)
    if found is None:
        return None
    return ResponseKey(int(found[1], 16), bytes.fromhex(found[2]), int(found[3]))
