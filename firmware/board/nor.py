"""NOR flash for boards without any: erasing sets whole blocks to 0xFF, programming only clears bits.

Behaves as `esp32.Partition` does, quirks included: with an offset it never erases, has no alignment rule, and runs
on silently into the next block; past the end it raises OSError(-260). Setting a cleared bit is silently not done, as
on the chip, and counted as a violation. Content and counters are kept in two files and written through: they survive
the death of the process. For tests it cuts the power in any operation, after any byte, and can program weakly.
"""

import os
from binascii import crc32
from struct import pack, unpack

BLOCK_BYTES = 4096  # the sector of the flash chips in use
BLOCKS = 256  # 1 MiB, the journal partition
PAST_THE_END = -260  # ESP_ERR_INVALID_SIZE
COUNTERS_FORMAT = "<7Q"
COUNTER_NAMES = ("programmed_bytes", "programs", "erases", "reads", "read_bytes", "violations", "operations")

IOCTL_BLOCKS = 4
IOCTL_BLOCK_BYTES = 5
IOCTL_ERASE = 6
IOCTLS_WITHOUT_EFFECT = (1, 2, 3)  # initialise, shut down, sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview


class PowerCut(BaseException):
    """The power went. Not an Exception: nothing in the firmware can survive it by catching it."""


class NorFlash:
    """`path`: file that keeps the content, made when missing; None keeps it in RAM. A file of another size: ValueError.

    Counters since the flash was made: `programmed_bytes`, `programs`, `erases`, `reads`, `read_bytes`, `violations`
    (bytes that wanted a 0 to become a 1), and `operations` (programs and erases, the ones that a cut can hit).
    """

    def __init__(self, path: str | None = None, blocks: int = BLOCKS, block_bytes: int = BLOCK_BYTES) -> None:
        self.blocks = blocks
        self.block_bytes = block_bytes
        self._bytes = blocks * block_bytes
        self._cells: MemoryCells | FileCells = (
            MemoryCells(self._bytes) if path is None else FileCells(path, blocks, block_bytes)
        )
        self._cut_at = -1  # operation in which the power goes; -1: never
        self._cut_bytes = 0
        self._cut_from_end = False
        self._off = False
        self._weak: dict[int, tuple[int, int]] = {}  # operation -> (byte, bits that stay set)
        counters = self._cells.load_counters()
        self.programmed_bytes, self.programs, self.erases, self.reads = counters[:4]
        self.read_bytes, self.violations, self.operations = counters[4:]

    def counters(self) -> "dict[str, int]":
        """All counters by name."""
        return dict(zip(COUNTER_NAMES, self._counts()))  # MicroPython's zip has no strict

    def cut_after(self, operations: int, torn_bytes: int = 0, *, from_end: bool = False) -> None:
        """Cut the power in the program or erase that follows `operations` more of them.

        Of that one `torn_bytes` bytes are done, and of a program half of the next; 0 is nothing at all, its length or
        more is all of it. `from_end`: an erase works from the last byte down. Then everything raises PowerCut, until
        `power_on`.
        """
        self._cut_at = self.operations + operations
        self._cut_bytes = torn_bytes
        self._cut_from_end = from_end

    def power_on(self) -> None:
        """Power is back, and no cut is planned."""
        self._off = False
        self._cut_at = -1

    def weaken_after(self, operations: int, byte: int, bits: int) -> None:
        """In the program that follows `operations` more operations, `bits` of this byte stay as they were; no error."""
        self._weak[self.operations + operations] = (byte, bits)

    def readblocks(self, block: int, buffer: "Writable", offset: int = 0) -> None:
        """Fill the buffer from this block and offset on, beyond the block's end too."""
        self._check_power()
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

    def image(self) -> bytearray:
        """A copy of the whole content."""
        content = bytearray(self._bytes)
        self._cells.read(0, content)
        return content

    def restore(self, image: "Readable") -> None:
        """Replace the whole content, as a programmer on the bench would; not counted."""
        if len(image) != self._bytes:
            raise ValueError("an image of %d bytes for a flash of %d bytes" % (len(image), self._bytes))
        self._cells.write(0, image)

    def damage(self, address: int, content: "Readable") -> None:
        """Put these bytes there, bits set or cleared: what age or radiation does to cells; not counted."""
        self._cells.write(self._address(0, address, len(content)), content)

    def close(self) -> None:
        """Write the counters of reads too and let go of the files."""
        self._cells.save_counters(self._counts())
        self._cells.close()

    def _program(self, address: int, wanted: "Readable") -> None:
        length = len(wanted)
        done, cut = self._begin(length)
        cells = bytearray(length)
        self._cells.read(address, cells)
        weak_byte, weak_bits = self._weak.pop(self.operations - 1, (length, 0))
        for index in range(min(length, done + 1)):
            byte = wanted[index]
            if byte & ~cells[index]:
                self.violations += 1
            if index == weak_byte:
                byte |= weak_bits
            if index == done:  # the byte in which the power goes: every other bit
                byte |= 0xAA if done else 0xFF
            cells[index] &= byte
        self._cells.write(address, cells)
        self.programs += 1
        self.programmed_bytes += length
        self._finish(cut)

    def _erase(self, block: int) -> None:
        address = self._address(block, 0, self.block_bytes)
        done, cut = self._begin(self.block_bytes)
        start = address + (self.block_bytes - done if self._cut_from_end and cut else 0)
        self._cells.write(start, b"\xff" * done)
        self.erases += 1
        self._finish(cut)

    def _begin(self, length: int) -> "tuple[int, bool]":
        """(bytes that this operation gets done, whether the power goes in it)."""
        self._check_power()
        cut = self.operations == self._cut_at
        self.operations += 1
        return (min(length, self._cut_bytes) if cut else length), cut

    def _finish(self, cut: bool) -> None:
        self._cells.save_counters(self._counts())
        if cut:
            self._off = True
            self._check_power()

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

    def _check_power(self) -> None:
        if self._off:
            raise PowerCut("the power is off since operation %d" % self._cut_at)


class MemoryCells:
    """The bytes of a flash that lasts as long as the process."""

    def __init__(self, length: int) -> None:
        self._content = bytearray(b"\xff" * length)

    def read(self, address: int, buffer: "Writable") -> None:
        buffer[:] = self._content[address : address + len(buffer)]

    def write(self, address: int, content: "Readable") -> None:
        self._content[address : address + len(content)] = content

    def load_counters(self) -> "tuple[int, ...]":
        return (0,) * len(COUNTER_NAMES)

    def save_counters(self, counters: "tuple[int, ...]") -> None:
        pass

    def close(self) -> None:
        pass


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
            return (0,) * len(COUNTER_NAMES)  # a new flash
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
