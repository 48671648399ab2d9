"""NOR flash that fails, for tests: power cuts in any operation, after any byte; weak cells; damage. It counts, too."""

from firmware.board.nor import BLOCK_BYTES, BLOCKS, NorFlash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from firmware.board.nor import Readable, Writable

COUNTER_NAMES = ("programmed_bytes", "programs", "erases", "reads", "read_bytes", "violations", "operations")


class MemoryFile:
    """The bytes of a flash that lasts as long as the process."""

    def __init__(self, length: int) -> None:
        self._content = bytearray(b"\xff" * length)
        self._at = 0

    def seek(self, address: int) -> None:
        self._at = address

    def readinto(self, buffer: "Writable") -> None:
        buffer[:] = self._content[self._at : self._at + len(buffer)]

    def write(self, content: "Readable") -> None:
        self._content[self._at : self._at + len(content)] = content

    def close(self) -> None:
        pass


class PowerCut(BaseException):
    """The power went. Not an Exception: nothing in the firmware can survive it by catching it."""


class FaultyFlash(NorFlash):
    """For tests: the power can be cut in any program or erase, cells can be weak. `path` None: it lives in RAM.

    Counters since it was opened: `programmed_bytes`, `programs`, `erases`, `reads`, `read_bytes`, `violations` (bytes
    that wanted a 0 to become a 1), and `operations` (programs and erases).
    """

    def __init__(self, path: str | None = None, blocks: int = BLOCKS, block_bytes: int = BLOCK_BYTES) -> None:
        self._cut_at = -1  # operation in which the power goes; -1: never
        self._cut_bytes = 0
        self._cut_from_end = False
        self._off = False
        self._weak: dict[int, tuple[int, int]] = {}  # operation -> (byte, bits that stay set)
        self.programmed_bytes = self.programs = self.erases = self.reads = 0
        self.read_bytes = self.violations = self.operations = 0
        if path:
            super().__init__(path, blocks, block_bytes)
        else:
            self.blocks = blocks
            self.block_bytes = block_bytes
            self._file: BinaryIO = MemoryFile(blocks * block_bytes)  # type: ignore[assignment]

    def counters(self) -> "dict[str, int]":
        """All counters by name."""
        return {name: getattr(self, name) for name in COUNTER_NAMES}

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
        self._check_power()
        super().readblocks(block, buffer, offset)
        self.reads += 1
        self.read_bytes += len(buffer)

    def image(self) -> bytearray:
        """A copy of the whole content."""
        content = bytearray(self.blocks * self.block_bytes)
        self._read(0, content)
        return content

    def restore(self, image: "Readable") -> None:
        """Replace the whole content, as a programmer on the bench would; not counted."""
        if len(image) != self.blocks * self.block_bytes:
            raise ValueError(
                "an image of %d bytes for a flash of %d bytes" % (len(image), self.blocks * self.block_bytes)
            )
        self._write(0, image)

    def damage(self, address: int, content: "Readable") -> None:
        """Put these bytes there, bits set or cleared: what age or radiation does to cells; not counted."""
        self._write(self._address(0, address, len(content)), content)

    def _program(self, address: int, wanted: "Readable") -> None:
        length = len(wanted)
        done, cut = self._begin(length)
        cells = bytearray(length)
        self._read(address, cells)
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
        self._write(address, cells)
        self.programs += 1
        self.programmed_bytes += length
        self._finish(cut)

    def _erase(self, block: int) -> None:
        address = self._address(block, 0, self.block_bytes)
        done, cut = self._begin(self.block_bytes)
        start = address + (self.block_bytes - done if self._cut_from_end and cut else 0)
        self._write(start, b"\xff" * done)
        self.erases += 1
        self._finish(cut)

    def _read(self, address: int, buffer: "Writable") -> None:
        self._seek(address).readinto(buffer)  # type: ignore[attr-defined]  # both kinds of file have it

    def _write(self, address: int, content: "Readable") -> None:
        self._seek(address).write(content)

    def _begin(self, length: int) -> "tuple[int, bool]":
        """(bytes that this operation gets done, whether the power goes in it)."""
        self._check_power()
        cut = self.operations == self._cut_at
        self.operations += 1
        return (min(length, self._cut_bytes) if cut else length), cut

    def _finish(self, cut: bool) -> None:
        if cut:
            self._off = True
            self._check_power()

    def _check_power(self) -> None:
        if self._off:
            raise PowerCut("the power is off since operation %d" % self._cut_at)
