"""Builds the file system of the vfs partition as one image, and reads one back.

The image has exactly the partition's size: MicroPython mounts no other, and a device with one that is shorter or longer
says for ever that its file system is corrupted. The same files give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import dirname

from littlefs import LittleFS, LittleFSError, UserContext

from tools.flashing.errors import InputError

# As MicroPython's own _boot.py mounts it; sizes of reads and caches are free, blocks are not.
BLOCK_BYTES = 4096
READ_BYTES = 32
CACHE_BYTES = 128
BLOCK_CYCLES = 100
DISK_VERSION = 0x00020001
# An update keeps two applications, each some 120 KB, and whatever is fetched lies beside what is in force until then.
FREE_BYTES_MIN = 256 * 1024


def build_image(files: Mapping[str, bytes], size: int) -> bytes:
    """An image of `size` bytes with these files, by path. Raises InputError when they leave too little room."""
    filesystem = _open(UserContext(size), size)
    filesystem.format()
    filesystem.mount()
    try:
        for path in sorted(files):
            filesystem.makedirs(dirname(f"/{path}"), exist_ok=True)
            with filesystem.open(f"/{path}", "wb") as file:
                file.write(files[path])
        free = size - filesystem.used_block_count * BLOCK_BYTES
    except LittleFSError:
        free = 0
    if free < FREE_BYTES_MIN:
        total = sum(len(content) for content in files.values())
        raise InputError(
            f"{len(files)} files of {total} bytes leave {free} bytes of {size} free; updates over the air need "
            f"{FREE_BYTES_MIN}. Take smaller or fewer questionnaires."
        )
    filesystem.unmount()
    return bytes(filesystem.context.buffer)


def read_image(image: bytes) -> dict[str, bytes]:
    """The files in an image, by path. Raises InputError when it holds no file system of this size."""
    context = UserContext(len(image))
    context.buffer[:] = image
    filesystem = _open(context, len(image))
    try:
        filesystem.mount()
        return {
            f"{directory}/{name}".lstrip("/"): _content(filesystem, f"{directory}/{name}")
            for directory, _, names in filesystem.walk("/")
            for name in names
        }
    except LittleFSError as wrong:
        raise InputError(f"{len(image)} bytes that are no file system of that size ({wrong}).") from None


def _content(filesystem: LittleFS, path: str) -> bytes:
    with filesystem.open(path, "rb") as file:
        return bytes(file.read())


def _open(context: UserContext, size: int) -> LittleFS:
    if size % BLOCK_BYTES:
        raise InputError(f"a file system of {size} bytes is not made of blocks of {BLOCK_BYTES}.")
    return LittleFS(
        context,
        mount=False,
        block_size=BLOCK_BYTES,
        block_count=size // BLOCK_BYTES,
        read_size=READ_BYTES,
        prog_size=READ_BYTES,
        cache_size=CACHE_BYTES,
        lookahead_size=READ_BYTES,
        block_cycles=BLOCK_CYCLES,
        disk_version=DISK_VERSION,
    )
