"""One device on a port, as esptool's flasher sees it: read, compare, write, erase.

esptool prints, and tries again by itself when a link breaks. Both are switched off: what people read is ours, and
behind a port that comes back may be another device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import Any

from esp_pylib.logger import EspLog, EspLogBase
from esptool import cmds, loader
from esptool.util import FatalError, flash_size_bytes
from serial import SerialException

from tools.flashing.diagnosis import HALF_WRITTEN, NEVER_REACHED, REACHED, explain
from tools.flashing.errors import DeviceError
from tools.flashing.micropython_image import CHIP

BAUD = 921600
BAUDS = (921600, 460800, 115200)  # tried in turn where a cable or a USB chip cannot keep up
BEFORE = "default-reset"
NO_RESET = "no-reset"  # for boards that are put into the bootloader by hand, and for rehearsals
CONNECT_ATTEMPTS = 3
CHIP_NAMES = {"ESP32": "esp32"}

Tell = Callable[[int, int], None]  # bytes done, bytes in all
LINK_ERRORS = (FatalError, SerialException, OSError)


# esptool puts every byte that it moves into words for a trace that is off: two thirds of the time of a read.
loader.HexFormatter = lambda *_: ""


class _Quiet(EspLogBase):
    """Passes esptool's progress on, and none of its words."""

    def __init__(self) -> None:
        self.tell: Tell | None = None

    def progress_bar(self, cur_iter: int, total_iters: int, *_: Any, **__: Any) -> None:
        if self.tell:
            self.tell(cur_iter, total_iters)

    def print(self, *_: Any, **__: Any) -> None: ...
    def err(self, *_: Any, **__: Any) -> None: ...
    def warn(self, *_: Any, **__: Any) -> None: ...
    def warning(self, *_: Any, **__: Any) -> None: ...
    def error(self, *_: Any, **__: Any) -> None: ...
    def note(self, *_: Any) -> None: ...
    def hint(self, *_: Any) -> None: ...
    def debug(self, *_: Any) -> None: ...
    def set_verbosity(self, *_: Any) -> None: ...


_quiet = _Quiet()


class Device:
    """A device whose flasher runs. `mac` as AA:BB:CC:DD:EE:FF. Errors of the link are FlashErrors with a remedy."""

    def __init__(self, esp: Any, port: str) -> None:
        self._esp = esp
        self.port = port
        self.mac = ":".join(f"{byte:02X}" for byte in esp.read_mac())
        self.flash_bytes = 0
        self.writing = False  # from the first write on, a broken link leaves something half done

    def start_flasher(self, baud: int) -> None:
        """Load esptool's flasher into the chip's memory, find out how much flash there is, and speed up."""
        self._esp = cmds.run_stub(self._esp)
        self._esp.WRITE_FLASH_ATTEMPTS = 1  # esptool would write on to whatever is plugged in next
        cmds.attach_flash(self._esp)
        self.flash_bytes = flash_size_bytes(cmds.detect_flash_size(self._esp)) or 0
        if baud != self._esp.ESP_ROM_BAUD:
            self._esp.change_baud(baud)

    def read(self, offset: int, size: int, tell: Tell | None = None) -> bytes:
        """The bytes there, proven by the flasher's own MD5."""
        _quiet.tell = tell
        return bytes(cmds.read_flash(self._esp, offset, size, flash_size="keep", no_progress=tell is None))

    def md5(self, offset: int, size: int) -> str:
        """Of the flash, computed on the device, as hexadecimal digits."""
        return str(self._esp.flash_md5sum(offset, size))

    def holds(self, offset: int, data: bytes) -> bool:
        """Whether exactly this is there."""
        return self.md5(offset, len(data)) == md5(data, usedforsecurity=False).hexdigest()

    def write(self, offset: int, data: bytes, tell: Tell | None = None) -> None:
        """Erase as many sectors as it takes, write, and let the device compare the MD5."""
        self.writing = True
        _quiet.tell = tell
        cmds.write_flash(self._esp, [(offset, data)], flash_size="keep", no_progress=tell is None)

    def erase(self, offset: int, size: int) -> None:
        """Make an area blank."""
        self.writing = True
        cmds.erase_region(self._esp, offset, size)

    def restart(self) -> None:
        """Let it run what is on it."""
        cmds.reset_chip(self._esp, "hard-reset")


@contextmanager
def open_device(port: str, *, before: str = BEFORE, baud: int = BAUD) -> Iterator[Device]:
    """The device on a port. Raises DeviceError for another chip, and whatever went wrong as a FlashError."""
    EspLog.set_logger(_quiet)
    esp = device = None
    try:
        esp = cmds.connect_esp(port=port, chip="auto", before=before, connect_attempts=CONNECT_ATTEMPTS)
        name = CHIP_NAMES.get(esp.CHIP_NAME)
        if name != CHIP:
            raise DeviceError(f"the chip on {port} is {esp.CHIP_NAME}, PET runs on the ESP32: use another board.")
        device = Device(esp, port)
        device.start_flasher(baud)
        yield device
    except LINK_ERRORS as error:
        reached = REACHED if device else NEVER_REACHED
        raise explain(port, error, HALF_WRITTEN if device and device.writing else reached) from error
    finally:
        if esp is not None:
            esp._port.close()  # noqa: SLF001 - esptool has no other way
