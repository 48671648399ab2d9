"""Labels for devices on A4 sheets of 24 (63.5 x 33.9 mm): a QR code with an address, and the serial to read out.

Neither is a secret: who photographs a label learns what stands on the device anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import segno
from PIL import Image, ImageDraw, ImageFont

from tools.flashing.errors import InputError

DOTS_PER_MM = 300 / 25.4  # an office printer's
PAGE_MM = (210.0, 297.0)
COLUMNS, ROWS = 3, 8
LABEL_MM = (63.5, 33.9)
FIRST_MM = (7.2, 12.9)  # from the left and from the top
STEP_MM = (66.0, 33.9)
INSET_MM = 2.5
QR_MM = 26.0
QUIET_MODULES = 4  # white around the code (ISO/IEC 18004)
ERROR_LEVEL = "q"  # a quarter may be scratched or wiped away
FONT = ("fontpkg_roboto_condensed", "files/RobotoCondensed[wght].ttf")
SERIAL_MM, SMALL_MM, SMALLEST_MM = 6.0, 3.2, 1.6
TWO_LINES_BELOW_MM = 3.0  # a serial that would be smaller than this is broken in two
ADDRESS = "{base}/d/{serial}"
PDF, PNG = ".pdf", ".png"


def write_labels(path: Path, serials: Sequence[str], base: str) -> list[Path]:
    """Sheets with these serials, as one PDF or as PNGs; the files. `base`: the server's address. Raises InputError."""
    if not serials:
        raise InputError(
            "no serials: name some by --serial, or a list by --csv; the ledger knows of no device that is done."
        )
    pages = [_page(serials[at : at + COLUMNS * ROWS], base) for at in range(0, len(serials), COLUMNS * ROWS)]
    dots_per_inch = DOTS_PER_MM * 25.4
    if path.suffix == PDF:
        pages[0].save(path, save_all=True, append_images=pages[1:], resolution=dots_per_inch)
        return [path]
    if path.suffix != PNG:
        raise InputError(f"{path}: a sheet is {PDF} or {PNG}.")
    names = [path if not number else path.with_stem(f"{path.stem}-{number + 1}") for number in range(len(pages))]
    for name, page in zip(names, pages, strict=True):
        page.save(name, dpi=(dots_per_inch, dots_per_inch))
    return names


def address_of(serial: str, base: str) -> str:
    """What the QR code says."""
    return ADDRESS.format(base=base.rstrip("/"), serial=quote(serial, safe=""))


def _page(serials: Sequence[str], base: str) -> Image.Image:
    page = Image.new("1", (_dots(PAGE_MM[0]), _dots(PAGE_MM[1])), 1)
    for (x, y), serial in zip(_places(), serials, strict=False):
        _draw(page, x, y, serial, base)
    return page


def _places() -> Iterator[tuple[float, float]]:
    for row in range(ROWS):
        for column in range(COLUMNS):
            yield FIRST_MM[0] + column * STEP_MM[0], FIRST_MM[1] + row * STEP_MM[1]


def _draw(page: Image.Image, x: float, y: float, serial: str, base: str) -> None:
    code = segno.make_qr(address_of(serial, base), error=ERROR_LEVEL)
    modules = len(code.matrix) + 2 * QUIET_MODULES
    scale = _dots(QR_MM) // modules
    pen = ImageDraw.Draw(page)
    spare = (_dots(QR_MM) - modules * scale) // 2  # codes have different sizes; what stands beside them is in one line
    left, top = _dots(x + INSET_MM) + spare, _dots(y + (LABEL_MM[1] - QR_MM) / 2) + spare
    for row, line in enumerate(code.matrix):
        for column, dark in enumerate(line):
            if dark:
                at_x, at_y = left + (column + QUIET_MODULES) * scale, top + (row + QUIET_MODULES) * scale
                pen.rectangle((at_x, at_y, at_x + scale - 1, at_y + scale - 1), fill=0)
    text_x = _dots(x + INSET_MM + QR_MM)
    room = _dots(x + LABEL_MM[0] - INSET_MM) - text_x
    host = base.rpartition("://")[2].rstrip("/")
    pen.text((text_x, _dots(y + 7.0)), "PET", fill=0, font=_font("PET", SMALL_MM, room))
    lines, font = _lines(serial, room)
    pen.multiline_text((text_x, _dots(y + 12.0)), lines, fill=0, font=font)
    pen.text((text_x, _dots(y + 22.0)), host, fill=0, font=_font(host, SMALL_MM, room))


def _lines(serial: str, room: int) -> tuple[str, ImageFont.FreeTypeFont]:
    """A serial in one line, or broken in two where it could not be read in one."""
    font = _font(serial, SERIAL_MM, room)
    if font.size >= _dots(TWO_LINES_BELOW_MM):
        return serial, font
    half = -(-len(serial) // 2)
    first, second = serial[:half], serial[half:]
    longest = max(first, second, key=font.getlength)
    return f"{first}\n{second}", _font(longest, SERIAL_MM, room)


def _font(text: str, size_mm: float, room: int) -> ImageFont.FreeTypeFont:
    """As large as wished, or smaller, so that it fits."""
    while True:
        font = ImageFont.truetype(str(files(FONT[0]) / FONT[1]), _dots(size_mm))
        if font.getlength(text) <= room:
            return font
        if size_mm < SMALLEST_MM:
            raise InputError(f"{text} is too long for a label: a serial has at most some 40 letters.")
        size_mm *= 0.9


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS_PER_MM)
