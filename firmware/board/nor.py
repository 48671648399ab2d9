"""NOR flash for boards without any: erasing sets whole blocks to 0xFF, programming only clears bits.

Behaves as `esp32.Partition` does, quirks included: with an offset it never erases, has no alignment rule, and runs
on silently into the next block; past the end it raises OSError(-260). Setting a cleared bit is silently not done, as
on the chip, and counted as a violation. Content and counters are kept in two files and written through: they survive
the death of the process.
"""

import os
from binascii import crc32
from struct import pack, unpack

BLOCK_BYTES = 4096  # the sector of the flash chips in use
BLOCKS = 256  # 1 MiB, the journal partition
PAST_THE_END = -260  # ESP_ERR_INVALID_SIZE
COUNTERS_FORMAT = "<7Q"
COUNTERS = 7

IOCTL_BLOCKS = 4
IOCTL_BLOCK_BYTES = 5
IOCTL_ERASE = 6
IOCTLS_WITHOUT_EFFECT = (1, 2, 3)  # initialise, shut down, sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview


class NorFlash:
    """`path`: file that keeps the content, made when missing. A file of another size: ValueError.

    Counters since the flash was made: `programmed_bytes`, `programs`, `erases`, `reads`, `read_bytes`, `violations`
    (bytes that wanted a 0 to become a 1), and `operations` (programs and erases).
    """

    def __init__(self, path: str | None, blocks: int = BLOCKS, block_bytes: int = BLOCK_BYTES) -> None:
        self.blocks = blocks
        self.block_bytes = block_bytes
        self._bytes = blocks * block_bytes
        self._cells: FileCells = self._open_cells(path)
        counters = self._cells.load_counters()
        self.programmed_bytes, self.programs, self.erases, self.reads = counters[:4]
        self.read_bytes, self.violations, self.operations = counters[4:]

    def readblocks(self, block: int, buffer: "Writable", offset: int = 0) -> None:
        """Fill the buffer from this block and offset on, beyond the block's end too."""
        self._cells.read(self._address(block, offset, len(buffer)), buffer)
        self.reads += 1
        self.read_bytes += len(buffer)

    def writeblocks(self, block: int, buffer: "Readable", offset: int | None = None) -> None:
        """Program the buffer. Only without an offset, the blocks that it touches are erased first."""
        if offset is None:
            self._address(block, 0, len(buffer))
            for touched in range(-(-len(buffer) // self.block_bytes)):
                self._erase(block + touched)
            offset = 0
        self._program(self._address(block, offset, len(buffer)), buffer)

    def ioctl(self, operation: int, argument: int) -> int | None:
        """4: number of blocks. 5: bytes of a block. 6: erase the block `argument`. Anything unknown: None."""
        if operation == IOCTL_BLOCKS:
            return self.blocks
        if operation == IOCTL_BLOCK_BYTES:
            return self.block_bytes
        if operation == IOCTL_ERASE:
            self._erase(argument)
            return 0
        return 0 if operation in IOCTLS_WITHOUT_EFFECT else None

    def close(self) -> None:
        """Write the counters of reads too and let go of the files."""
        self._cells.save_counters(self._counts())
        self._cells.close()

    def _open_cells(self, path: str | None) -> "FileCells":
        assert path
        return FileCells(path, self.blocks, self.block_bytes)

    def _program(self, address: int, wanted: "Readable") -> None:
        cells = bytearray(len(wanted))
        self._cells.read(address, cells)
        for index, byte in enumerate(wanted):
            if byte & ~cells[index]:
                self.violations += 1
            cells[index] &= byte
        self._cells.write(address, cells)
        self.programs += 1
        self.programmed_bytes += len(wanted)
        self._count()

    def _erase(self, block: int) -> None:
        self._cells.write(self._address(block, 0, self.block_bytes), b"\xff" * self.block_bytes)
        self.erases += 1
        self._count()

    def _count(self) -> None:
        self.operations += 1
        self._cells.save_counters(self._counts())

    def _counts(self) -> "tuple[int, ...]":
        return (
            self.programmed_bytes,
            self.programs,
            self.erases,
            self.reads,
            self.read_bytes,
            self.violations,
            self.operations,
        )

    def _address(self, block: int, offset: int, length: int) -> int:
        address = block * self.block_bytes + offset
        if address < 0 or address + length > self._bytes:
            raise OSError(PAST_THE_END)
        return address


class FileCells:
    """The bytes of a flash in a file, unbuffered; counters, with their CRC-32, in another one beside it."""

    def __init__(self, path: str, blocks: int, block_bytes: int) -> None:
        if not _exists(path):
            _make(path, blocks, block_bytes)
        self._content = _open(path)
        length = self._content.seek(0, 2)
        if length != blocks * block_bytes:
            self._content.close()
            raise ValueError(
                "%s has %d bytes, not the flash's %d: is it its file?" % (path, length, blocks * block_bytes)
            )
        counters_path = path + ".counters"
        if not _exists(counters_path):
            with open(counters_path, "wb"):
                pass
        self._counters = _open(counters_path)

    def read(self, address: int, buffer: "Writable") -> None:
        self._content.seek(address)
        self._content.readinto(buffer)  # type: ignore[attr-defined]  # a raw file has it, on both interpreters

    def write(self, address: int, content: "Readable") -> None:
        self._content.seek(address)
        self._content.write(content)

    def load_counters(self) -> "tuple[int, ...]":
        self._counters.seek(0)
        data = self._counters.read()
        if len(data) != 60 or pack("<I", crc32(data[:56])) != data[56:]:
            return (0,) * COUNTERS  # a new flash
        return unpack(COUNTERS_FORMAT, data[:56])

    def save_counters(self, counters: "tuple[int, ...]") -> None:
        data = pack(COUNTERS_FORMAT, *counters)
        self._counters.seek(0)
        self._counters.write(data + pack("<I", crc32(data)))

    def close(self) -> None:
        self._content.close()
        self._counters.close()


def _open(path: str) -> "BinaryIO":
    return open(path, "r+b", 0)  # open as long as the flash is


def _make(path: str, blocks: int, block_bytes: int) -> None:
    """A blank flash; under its own name only when complete, for the process may die before."""
    blank = b"\xff" * block_bytes
    with open(path + ".new", "wb") as file:
        for _ in range(blocks):
            file.write(blank)
    os.rename(path + ".new", path)


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
