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
        """Bit n-1 is set while button n is down. It also feeds the watchdog: call it at least every WATCHDOG_MS / 2."""
    def wake_levels(self) -> int:
        """The buttons that woke the board from deep sleep, as in `levels`; 0 when it was time, or power came."""
    def signal(self, event: str) -> None:
        """By buzzer and light, where there are any: "press", "thanks" or "refused". Never waits."""
    def show(self, name: str) -> None:
        """Bring the frame buffer to the screen. `name` says which screen it is, for logs and tests."""
    def wait(self, limit_ms: int) -> None:
        """Until so much time has passed, or sooner: at the latest when a button moves. Sleeps lightly where it can."""
    def deep_sleep(self, seconds: int) -> None:
        """Until a button goes down, at most so long; then the program starts anew. Never returns. What `retain` took
        and the RTC survive. A button that is down by now does not wake.
        """
    def restart(self) -> None:
        """A fresh start at once, of the version that is then in force; otherwise as `deep_sleep`."""
    def watch(self) -> None:
        """Start the watchdog. From now on a program that hangs, or ends, means a reset: not at a prompt."""
    def ticks_ms(self) -> int: ...
    def ticks_diff(self, later: int, earlier: int) -> int: ...
    def ticks_add(self, ticks: int, delta_ms: int) -> int: ...
    def rtc_seconds(self) -> int:
        """PET time of the hardware clock, right or wrong; negative when it stands before 2020."""
    def set_rtc(self, instant: int) -> None: ...
    def retained(self, part: str) -> bytes:
        """What survives deep sleep but not loss of power; b"" when there is nothing. Whether it is whole is for the
        caller to check. Parts: "clock", "schedule" and "visit" (32 bytes each), "wifi" and "words" (96).
        """
    def retain(self, part: str, data: bytes) -> None: ...
    def load_counter(self, name: str) -> int:
        """A small number that survives loss of power; 0 when never stored."""
    def store_counter(self, name: str, value: int) -> None: ...
    def flash(self, label: str) -> BlockDevice:
        """The partition `journal` or `pet_id`. Raises OSError when the partition table lacks it."""
    def random(self, count: int) -> bytes: ...
    def battery_mv(self) -> int:
        """0 when it is not measured. What it means: firmware/battery.py."""
    def memory_is_short(self) -> bool:
        """Whether TLS would find too little of the memory that Python does not manage. Look after a collection."""
    def network_up(self, wifi: list[dict[str, str]], timeout_ms: int) -> None:
        """Raises OSError with words when no network came up in time, LinkError at a press."""
    def network_down(self, proved: bool = False) -> None:
        """`proved`: the server has answered through this network, so its address may be used again without asking."""
    def network_state(self) -> str:
        """For the staff screen, in plain words: why no network came up the last time; "" when all is well."""
    def network(self, authorities: list[bytes], server_name: str, interrupted: Callable[[], bool]) -> Network:
        """What umqtt uses as its socket module. `authorities`: DER certificates, this CA and the next."""
    def tell(self, event: str, **fields: object) -> None:
        """For whoever watches: the console of a device, the pipe of a simulated one. Never a secret."""
