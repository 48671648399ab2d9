"""The displays: SSD1306, SSD1309 and SH1106 over I2C, one driver. Not yet run on hardware.

All three are written page by page (a page: eight rows, one byte a column): the SH1106 knows no other way. Commands:
SSD1306 datasheet Rev 1.5 table 9-1, SSD1309 Rev 1.1 table 8-1, SH1106 V2.3 page 19. A panel of another size is one more
line at the end of the table.
"""

from framebuf import MONO_VLSB, FrameBuffer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

ADDRESS = 0x3C
COMMANDS = b"\x00"  # control byte: all that follows are commands
PIXELS = b"\x40"  # all that follows goes to the display's memory
OFF = b"\xae"
ON = b"\xaf"

ALIKE = (
    b"\xae"  # display off while it is set up
    b"\xd3\x00"  # no vertical offset
    b"\x40"  # the first row of the memory is the first row of the screen
    b"\xa1\xc8"  # both directions turned: the connector is at the top
    b"\xd5\x80"  # clock: no divider, frequency as after reset
    b"\xdb\x40"  # deselect level
    b"\xa4"  # show the memory
    b"\xa6"  # a set bit is a lit pixel
)
PAGES = b"\x20\x02"  # page addressing; the SH1106 has no other, and no such command
ROWS_64 = b"\xa8\x3f\xda\x12"  # 64 rows, wired alternately
ROWS_32 = b"\xa8\x1f\xda\x02"  # 32 rows, wired in their order
# The charge pump makes the high voltage that lights the pixels; boards with an SSD1309 bring their own.
PUMP = b"\x8d\x14\xd9\xf1\x81\xcf"  # on, precharge for it, contrast
NO_PUMP = b"\xd9\x22\x81\xcf"
SH1106_PUMP = b"\xad\x8b\xd9\x22\x81\xcf"

# (width, height, column of the memory under the leftmost pixel, what sets it up)
SSD1306 = (128, 64, 0, ALIKE + PAGES + ROWS_64 + PUMP)
SSD1309 = (128, 64, 0, ALIKE + PAGES + ROWS_64 + NO_PUMP)
SH1106 = (128, 64, 2, ALIKE + ROWS_64 + SH1106_PUMP)  # its memory is 132 columns wide
SSD1306_128X32 = (128, 32, 0, ALIKE + PAGES + ROWS_32 + PUMP)


class Display:
    """`framebuffer` is drawn into; `show` brings it to the screen. Raises OSError when no display answers."""

    def __init__(self, bus: "I2C", panel: "tuple[int, int, int, bytes]") -> None:
        self.width, self.height, self._column, start = panel
        self._bus = bus
        self._pixels = bytearray(self.width * self.height // 8)
        self.framebuffer = FrameBuffer(self._pixels, self.width, self.height, MONO_VLSB)
        self._at = bytearray((0xB0, self._column & 0x0F, 0x10 | self._column >> 4))  # page, column
        self._send(COMMANDS, start)
        self.show()  # its memory holds noise after power-on
        self.light(True)

    def show(self) -> None:
        """1,024 bytes: about 26 ms at 400 kHz."""
        pixels = memoryview(self._pixels)
        for page in range(self.height // 8):
            self._at[0] = 0xB0 | page
            self._send(COMMANDS, self._at)
            self._send(PIXELS, pixels[page * self.width : (page + 1) * self.width])

    def light(self, on: bool) -> None:
        """Off, it takes some microamperes and keeps its picture."""
        self._send(COMMANDS, ON if on else OFF)

    def _send(self, control: bytes, content: "bytes | bytearray | memoryview") -> None:
        self._bus.writevto(ADDRESS, (control, content))
