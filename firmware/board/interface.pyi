"""What the application needs of a board. A stub: read by mypy and by people, never shipped to a device."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from framebuf import FrameBuffer

from firmware.board.deadline import Network

Ticks: TypeAlias = Callable[[int, int], int]

class BlockDevice(Protocol):
    """MicroPython's block device: blocks that are erased whole, and programmed in any pieces."""

    def readblocks(self, block: int, buffer: bytearray | memoryview, offset: int = 0, /) -> object: ...
    def writeblocks(self, block: int, buffer: bytes | bytearray | memoryview, offset: int, /) -> object: ...
    def ioctl(self, operation: int, argument: int, /) -> int | None: ...

class Board(Protocol):
    """`esp32.Board` and `sim.Board` have these names."""

    base: str  # the interpreter and its version
    files: str  # directory of settings, CA and questionnaire
    framebuffer: FrameBuffer  # MONO_VLSB
    width: int
    height: int

    def levels(self) -> int:
        """Bit n-1 is set while button n is down."""
    def show(self, name: str) -> None:
        """Bring the frame buffer to the screen. `name` says which screen it is, for logs and tests."""
    def ticks_ms(self) -> int: ...
    def ticks_diff(self, later: int, earlier: int) -> int: ...
    def ticks_add(self, ticks: int, delta_ms: int) -> int: ...
    def rtc_seconds(self) -> int:
        """PET time of the hardware clock, right or wrong; negative when it stands before 2020."""
    def set_rtc(self, instant: int) -> None: ...
    def retained(self) -> bytes:
        """What survives deep sleep but not loss of power; b"" when there is nothing."""
    def retain(self, data: bytes) -> None: ...
    def load_counter(self, name: str) -> int:
        """A small number that survives loss of power; 0 when never stored."""
    def store_counter(self, name: str, value: int) -> None: ...
    def flash(self, label: str) -> BlockDevice:
        """The partition `journal` or `pet_id`. Raises OSError when the partition table lacks it."""
    def random(self, count: int) -> bytes: ...
    def battery_mv(self) -> int:
        """0 when it is not measured."""
    def network_up(self, wifi: list[dict[str, str]], timeout_ms: int) -> None:
        """Raises OSError with words when no network came up in time."""
    def network_down(self) -> None: ...
    def network(self, ca_der: bytes | None, server_name: str, interrupted: Callable[[], bool]) -> Network:
        """What umqtt uses as its socket module."""
    def tell(self, event: str, **fields: object) -> None:
        """For whoever watches: the console of a device, the pipe of a simulated one. Never a secret."""
