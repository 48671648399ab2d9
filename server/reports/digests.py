"""What a report's figures hash to: in one place, for whoever writes the digest and whoever holds it against them."""

import json
from hashlib import sha256
from typing import Any


def as_stored(snapshot: dict[str, Any]) -> dict[str, Any]:
    """As the database gives it back, which knows no minus nought: what is hashed must be what will be found."""
    found: dict[str, Any] = json.loads(json.dumps(snapshot), parse_float=lambda digits: float(digits) + 0.0)
    return found


def snapshot_digest(snapshot: dict[str, Any]) -> str:
    """SHA-256 in hex, of canonical JSON: sorted keys, no spaces."""
    return sha256(json.dumps(snapshot, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
