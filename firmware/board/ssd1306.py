"""The display: SSD1306, 128 x 64 pixels, over I2C. Its commands: datasheet Rev 1.5, section 9, table 9-1.

SSD1309 panels understand the same; their boards have no charge pump and ignore its command. Not yet run on hardware.
"""

from framebuf import MONO_VLSB, FrameBuffer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

WIDTH = 128
HEIGHT = 64
ADDRESS = 0x3C
COMMANDS = b"\x00"  # control byte (8.1.5.2): all that follows are commands
PIXELS = b"\x40"  # all that follows goes to the display's memory

OFF = b"\xae"
ON = b"\xaf"
START = (
    b"\xae"  # display off while it is set up
    b"\xd5\x80"  # clock: no divider, frequency as after reset
    b"\xa8\x3f"  # 64 rows
    b"\xd3\x00"  # no vertical offset
    b"\x40"  # the first row of the memory is the first row of the screen
    b"\x8d\x14"  # charge pump on (8.9): there is no other high voltage
    b"\x20\x00"  # horizontal addressing: bytes run along a page of eight rows, then to the next page
    b"\xa1\xc8"  # both directions turned: the connector is at the top
    b"\xda\x12"  # rows wired alternately, as on 64-row panels
    b"\x81\xcf"  # contrast
    b"\xd9\xf1"  # precharge, for the charge pump
    b"\xdb\x40"  # deselect level
    b"\xa4"  # show the memory
    b"\xa6"  # a set bit is a lit pixel
)
WHOLE = b"\x21\x00\x7f\x22\x00\x07"  # the window to be written: all columns, all pages


class Ssd1306:
    """`framebuffer` is drawn into; `show` brings it to the screen. Raises OSError when no display answers."""

    def __init__(self, bus: "I2C") -> None:
        self._bus = bus
        self._pixels = bytearray(WIDTH * HEIGHT // 8)
        self.framebuffer = FrameBuffer(self._pixels, WIDTH, HEIGHT, MONO_VLSB)
        self._send(COMMANDS, START)
        self.show()  # its memory holds noise after power-on
        self.light(True)

    def show(self) -> None:
        """1,024 bytes: about 25 ms at 400 kHz."""
        self._send(COMMANDS, WHOLE)
        self._send(PIXELS, self._pixels)

    def light(self, on: bool) -> None:
        """Off, it takes some microamperes and keeps its picture."""
        self._send(COMMANDS, ON if on else OFF)

    def _send(self, control: bytes, content: "bytes | bytearray") -> None:
        self._bus.writevto(ADDRESS, (control, content))
