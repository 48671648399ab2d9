"""Opens the device on a port and works with it, more slowly where the cable or the USB chip cannot keep up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from serial.tools import list_ports

from tools.flashing.device import BAUD, BAUDS, BEFORE, Device, open_device
from tools.flashing.diagnosis import is_noise
from tools.flashing.errors import CutError, NoAnswerError

Result = TypeVar("Result")
# The USB chips of boards with an ESP32, by vendor: what to say of a port.
USB_CHIPS = {0x10C4: "CP210x", 0x1A86: "CH340 or CH9102", 0x0403: "FTDI", 0x303A: "Espressif's own USB"}


@dataclass(frozen=True)
class Link:
    """How devices are reached. `before`: how the chip is put into its bootloader (esptool's words)."""

    before: str = BEFORE
    baud: int = BAUD


@dataclass(frozen=True)
class Port:
    """A serial port of this computer."""

    name: str
    usb_chip: str
    description: str


def find_ports() -> list[Port]:
    """Those that a device may be behind: all that are USB."""
    return [
        Port(each.device, USB_CHIPS.get(each.vid, f"USB {each.vid:04x}:{each.pid or 0:04x}"), each.description)
        for each in sorted(list_ports.comports(), key=lambda port: str(port.device))
        if each.vid is not None
    ]


def with_device(port: str, link: Link, work: Callable[[Device], Result]) -> Result:
    """What `work` returns for the device there. It is begun again at a lower speed when the line is noisy."""
    speeds = [baud for baud in BAUDS if baud <= link.baud] or [link.baud]
    for baud in speeds:
        try:
            with open_device(port, before=link.before, baud=baud) as device:
                return work(device)
        except (NoAnswerError, CutError) as error:
            if baud == speeds[-1] or error.__cause__ is None or not is_noise(error.__cause__):
                raise
    raise AssertionError("there is always a last speed")
