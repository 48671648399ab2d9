"""Devices without hardware: esp32-mock-bootloader behind pseudo terminals, each with flash, MAC, size and faults.

Run as a program (`python -m tests.tools.flashing.mock_bench FOLDER SPECIFICATIONS`), for esptool is slow and busy: all
devices of a test live in one process beside it. A device is a folder's `NAME.flash` (its content, at all times) and the
symbolic link `NAME.port`, which is its serial port. What the mock does not model: docs/adr/0010.
"""

import json
import mmap
import os
import struct
import sys
import threading
import zlib
from contextlib import suppress
from pathlib import Path

from esp32_mock_bootloader import protocol, registers, server

SECTOR_BYTES = 4096
JEDEC_SIZE = {4: 0x16, 8: 0x17, 16: 0x18}  # log2 of the bytes, as flash chips say it
MAC_PREFIX = (0x24, 0x0A, 0xC4, 0x00, 0x00)


class Flash(server.FlashImage):
    """The mock's flash over a file; `bad` is a range of which every read is different."""

    def __init__(self, path, bad):
        with path.open("r+b") as file:
            self.data = mmap.mmap(file.fileno(), 0)
        self._bad = range(*bad) if bad else None
        self._reads = 0
        self._decompressor = None
        self._plain_offset = self._defl_offset = 0

    def begin_defl(self, payload):
        size, _, _, offset = struct.unpack_from("<IIII", payload)
        self._erase(offset, size)
        self._defl_offset = offset
        self._decompressor = zlib.decompressobj()

    def write_defl_block(self, payload):
        length = struct.unpack_from("<I", payload)[0]
        data = self._decompressor.decompress(payload[16 : 16 + length])
        self.data[self._defl_offset : self._defl_offset + len(data)] = data
        self._defl_offset += len(data)

    def begin_plain(self, payload):
        size, _, _, offset = struct.unpack_from("<IIII", payload)
        self._erase(offset, size)
        self._plain_offset = offset

    def read(self, offset, length):
        content = bytearray(super().read(offset, length))
        if self._bad and offset in self._bad and content:
            self._reads += 1
            content[0] ^= self._reads & 0xFF
        return bytes(content)

    def _erase(self, offset, size):
        """What the chip does: whole sectors, as many as are written to."""
        end = offset + -(-size // SECTOR_BYTES) * SECTOR_BYTES
        self.data[offset:end] = b"\xff" * (end - offset)


class Cable(server.PtyMasterTransport):
    """Counts what goes through it, and is pulled after so many bytes; -1: never."""

    moved = 0
    pull_after = -1
    meter = None  # an open file that always holds how much went through

    def recv(self, size):
        chunk = super().recv(size)
        self._count(len(chunk))
        return chunk

    def sendall(self, data):
        self._count(len(data))
        while data:
            data = data[os.write(self._master, data) :]

    def _count(self, length):
        self.moved += length
        os.pwrite(self.meter, b"%d" % self.moved, 0)
        if 0 <= self.pull_after < self.moved:
            raise OSError("the cable was pulled")


class MockDevice(threading.Thread):
    """Answers for ever; when its cable was pulled it is plugged in again, behind another pseudo terminal."""

    def __init__(self, folder, name, *, mac, megabytes=4, chip="esp32", pull_after=-1, bad=None, silent=False):
        super().__init__(daemon=True)
        self._port = folder / f"{name}.port"
        self._meter = os.open(folder / f"{name}.moved", os.O_WRONLY | os.O_CREAT)
        path = folder / f"{name}.flash"
        if not path.exists():
            path.write_bytes(b"\xff" * (megabytes << 20))
        self.flash = Flash(path, bad)
        self.chip = chip
        self.jedec = 0x4020 | JEDEC_SIZE[megabytes] << 16
        self.mac = (*MAC_PREFIX, mac)
        self._pull_after = pull_after
        self._silent = silent

    def run(self):
        while True:
            cable = Cable.create()
            cable.pull_after, self._pull_after = self._pull_after, -1
            cable.meter = self._meter
            self._plug_in(cable.client_path)
            if self._silent:
                threading.Event().wait()
            stop = threading.Event()
            _here.device = self
            with suppress(OSError):
                server.handle_client(server.BootloaderConnection(pty=cable), stop, self.chip, flash=self.flash)
            if 0 <= cable.pull_after < cable.moved:
                self._port.unlink()
                cable.close()

    def _plug_in(self, path):
        unfinished = self._port.with_suffix(".new")
        unfinished.symlink_to(path)
        unfinished.replace(self._port)


_here = threading.local()
_session = server.ChipSession


class Session(_session):
    """Of the device that this thread is: its own MAC and size."""

    def __init__(self, chip_mode):
        super().__init__(chip_mode)
        self.registers.update(registers._mac_registers(chip_mode, _here.device.mac))
        self.spi = Spi(None)
        self.spi.configure_for_chip(chip_mode)
        self.spi.jedec = _here.device.jedec


class Spi(server.SpiPeripheralMock):
    jedec = protocol.MOCK_FLASH_ID

    def read_reg(self, addr):
        if self.contains(addr) and addr - self.spi_base == self.w0_offs and self._last_command == 0x9F:
            return self.jedec
        return super().read_reg(addr)


def main(folder, specifications):
    server.ChipSession = Session
    server._FLASH_END_IDLE_SEC = float("inf")  # else it hangs up three seconds after the first part
    server._CLIENT_RECV_TIMEOUT = 3600.0  # else it gives a transfer up when this machine is busy for 50 ms
    for name, specification in specifications.items():
        MockDevice(folder, name, **specification).start()
    print("ready", flush=True)
    sys.stdin.read()  # until the test ends


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
