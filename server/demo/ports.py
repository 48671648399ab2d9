"""Chooses ports on 127.0.0.1 and remembers them, so that a second run is found where the first one was."""

import random
import socket
from pathlib import Path

from server.demo.child import StartError

# Below the range from which systems draw the ports of outgoing connections (32768 on Linux, 49152 on macOS):
# a port that is remembered is seldom taken by chance.
FIRST_PORT = 20000
LAST_PORT = 29999
TRIES_MAX = 200


def kept_port(file: Path, asked: int | None = None, option: str = "") -> int:
    """The port asked for, else the one kept in `file`, else a free one; kept. StartError when it is busy.

    `option`: how to ask for another one on the command line, for that error.
    """
    if asked is not None:
        remedy = f"End that program, or ask for another port{f': {option}' if option else ''}."
        port = asked
    elif file.exists():
        port, remedy = _read(file), f"End that program, or remove {file}; then another port is chosen."
    else:
        port, remedy = free_port(), ""
    if not is_free(port):
        raise StartError(f"Port {port} on 127.0.0.1 is used by another program. {remedy}")
    file.write_text(f"{port}\n", encoding="ascii")
    return port


def free_port() -> int:
    for _ in range(TRIES_MAX):
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise StartError(f"No free port between {FIRST_PORT} and {LAST_PORT} on 127.0.0.1. End some of the programs there.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # What a connection that ended a moment ago leaves behind does not hinder a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something on 127.0.0.1 accepts connections at `port`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _read(file: Path) -> int:
    text = file.read_text(encoding="ascii", errors="replace").strip()
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StartError(f"{file} should hold a port number and holds {text[:20]!r}. Remove it; a port is chosen anew.")
    return int(text)
