"""Makes the file of a blank flash."""

import os


def make(path: str, blocks: int, block_bytes: int) -> None:
    """Under its own name only when it is complete, for the process may die before."""
    blank = b"\xff" * block_bytes
    with open(path + ".new", "wb") as file:
        for _ in range(blocks):
            file.write(blank)
    os.rename(path + ".new", path)
