"""The displays that an imitated ESP32 may have: their commands are taken apart, their memory is kept."""

# Commands with an argument: SSD1306 datasheet's table 9-1, SSD1309's 8-1, SH1106's page 19.
ALIKE = (0x81, 0xA8, 0xD3, 0xD5, 0xD9, 0xDA, 0xDB)
WITH_ARGUMENT = {"ssd1306": (0x20, 0x8D), "ssd1309": (0x20,), "sh1106": (0xAD,)}
SINGLE = (0x40, 0xA1, 0xA4, 0xA6, 0xAE, 0xAF, 0xC8)
COLUMNS = {"ssd1306": 128, "ssd1309": 128, "sh1106": 132}
SEEN_FROM = {"ssd1306": 0, "ssd1309": 0, "sh1106": 2}  # the column of the memory under the leftmost pixel


class Panel:
    """A controller with eight pages of memory behind 128 x 64 pixels (or 32 rows), written page by page."""

    def __init__(self, controller):
        self.controller = controller
        self.columns = COLUMNS[controller]
        self.cells = bytearray(b"\xa5" * 8 * self.columns)  # noise after power-on
        self.settings = {}
        self.lit = False
        self.page = self.column = 0
        self.absent = False

    @property
    def memory(self):
        """What the screen shows, as the frame buffer has it."""
        first = SEEN_FROM[self.controller]
        rows = [self.cells[page * self.columns + first :][:128] for page in range(8)]
        return b"".join([bytes(row) for row in rows])

    def writevto(self, address, parts):
        if self.absent or address != 0x3C:
            raise OSError(19)  # ENODEV
        control, content = parts
        if bytes(control) == b"\x40":
            assert self.controller == "sh1106" or self.settings[0x20] == [2]  # page addressing
            for byte in content:
                self.cells[self.page * self.columns + self.column] = byte
                self.column = (self.column + 1) % self.columns  # stays in its page
        else:
            assert bytes(control) == b"\x00"
            self._obey(bytes(content))
        return 1 + len(content)

    def _obey(self, commands):
        at = 0
        while at < len(commands):
            command = commands[at]
            count = int(command in ALIKE or command in WITH_ARGUMENT[self.controller])
            arguments = list(commands[at + 1 : at + 1 + count])
            assert len(arguments) == count
            if 0xB0 <= command <= 0xB7:
                self.page = command & 7
            elif command < 0x10:
                self.column = self.column & 0xF0 | command
            elif command < 0x20:
                self.column = self.column & 0x0F | (command & 0x0F) << 4
            elif command in (0xAE, 0xAF):
                self.lit = command == 0xAF
            else:
                assert count or command in SINGLE, hex(command)
                self.settings[command] = arguments
            at += 1 + count
