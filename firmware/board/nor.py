"""NOR flash for boards without any: erasing sets whole blocks to 0xFF, programming only clears bits.

Behaves as `esp32.Partition` does, quirks included: with an offset it never erases, has no alignment rule, and runs
on silently into the next block; past the end it raises OSError(-260). Setting a cleared bit is silently not done, as
on the chip. The content is a file, written through: it survives the death of the process.
"""

import os

BLOCK_BYTES = 4096  # the sector of the flash chips in use
BLOCKS = 256  # 1 MiB, the journal partition
PAST_THE_END = -260  # ESP_ERR_INVALID_SIZE

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
    """`path`: file that keeps the content, made when missing. A file of another size: ValueError."""

    def __init__(self, path: str, blocks: int = BLOCKS, block_bytes: int = BLOCK_BYTES) -> None:
        self.blocks = blocks
        self.block_bytes = block_bytes
        self._file = _open(path, blocks, block_bytes)

    def readblocks(self, block: int, buffer: "Writable", offset: int = 0) -> None:
        """Fill the buffer from this block and offset on, beyond the block's end too."""
        self._seek(self._address(block, offset, len(buffer))).readinto(buffer)  # type: ignore[attr-defined]

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
        """Let go of the file."""
        self._file.close()

    def _program(self, address: int, wanted: "Readable") -> None:
        cells = bytearray(len(wanted))
        self._seek(address).readinto(cells)  # type: ignore[attr-defined]
        for index, byte in enumerate(wanted):
            cells[index] &= byte
        self._seek(address).write(cells)

    def _erase(self, block: int) -> None:
        self._seek(self._address(block, 0, self.block_bytes)).write(b"\xff" * self.block_bytes)

    def _address(self, block: int, offset: int, length: int) -> int:
        address = block * self.block_bytes + offset
        if address < 0 or address + length > self.blocks * self.block_bytes:
            raise OSError(PAST_THE_END)
        return address

    def _seek(self, address: int) -> "BinaryIO":
        self._file.seek(address)
        return self._file


def _open(path: str, blocks: int, block_bytes: int) -> "BinaryIO":
    """Unbuffered, and open as long as the flash is."""
    try:
        length = os.stat(path)[6]
    except OSError:
        from firmware.board.nor_making import make  # once in a flash's life

        make(path, blocks, block_bytes)
        length = blocks * block_bytes
    if length != blocks * block_bytes:
        raise ValueError("%s has %d bytes, not the flash's %d: is it its file?" % (path, length, blocks * block_bytes))
    return open(path, "r+b", 0)
