"""Draws the letters of the staff screens, once: `firmware/service_font.py` is its output, kept in the tree.

  python -m tools.service_font [FILE]

The patients' words are pictures made by the server; what a nurse or a technician reads is put together on the device,
in one small font of ASCII. It is Roboto Condensed (OFL), drawn without grey by FreeType's hinter.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PROJECT = Path(__file__).resolve().parents[1]
TARGET = PROJECT / "firmware" / "service_font.py"
FONT = ("fontpkg_roboto_condensed", "files/RobotoCondensed[wght].ttf")
SIZE = 12  # the smallest whose capitals are 9 pixels high, with strokes of an even single pixel
WEIGHT = 350  # from 380 on, some stems are two pixels wide and others one
ASCENT = 9  # rows above the base line: a capital, or the tall letters
DESCENT = 2  # rows below it; with ASCENT one row less than a line's pitch, so that lines never touch
MIDDLE = 4  # a sign that is taller or deeper than that (i, j, brackets) loses rows from here: its stem gets shorter
CUT = "$"  # loses its ends instead: it has no stem
FIRST, LAST = 32, 126
CANVAS = 40  # room around a letter while it is drawn
DRAWN = {
    "I": ("###.", *[".#.."] * 7, "###."),  # with feet, to tell it from a small l, as names of networks need
    "4": (
        "...#..",
        "..##..",
        "..##..",
        ".#.#..",
        ".#.#..",
        "#..#..",
        "#####.",
        "...#..",
        "...#..",
    ),  # as wide as 0 to 9
}
TICK = ("......#.", "......#.", ".....#..", "#....#..", ".#..#...", ".##.#...", "..##....", "..##....")  # sign 127
COLUMN_BYTES = 2  # 8 rows a byte, as MONO_VLSB has them

HEADER = '''"""The letters of the staff screens: made by `python -m tools.service_font`, not to be changed by hand.

Roboto Condensed {weight} at {size} pixels, Copyright 2011 Google Inc., under the SIL Open Font License 1.1. Each
sign has {height} rows, and as many columns as it is wide with the dark ones behind it; MONO_VLSB, 2 bytes a column.
"""

FIRST_SIGN = {first}
LETTER_HEIGHT = {height}
# Where in GLYPHS each sign begins, and where the last one ends: 16 bits each, the low ones first.
STARTS = (
{starts}
)
GLYPHS = (
{glyphs}
)
'''


def draw_font() -> str:
    """The source of `firmware/service_font.py`."""
    font = ImageFont.truetype(str(files(FONT[0]) / FONT[1]), SIZE)
    font.set_variation_by_axes([WEIGHT])
    glyphs = [(chr(code), _glyph(font, chr(code))) for code in range(FIRST, LAST + 1)]
    glyphs = [(sign, _drawn(DRAWN[sign]) if sign in DRAWN else glyph) for sign, glyph in glyphs]
    glyphs.append(("chosen", _drawn(TICK)))
    starts = [0]
    for _, glyph in glyphs:
        starts.append(starts[-1] + len(glyph))
    table = b"".join(start.to_bytes(2, "little") for start in starts)
    return HEADER.format(
        weight=WEIGHT,
        size=SIZE,
        height=ASCENT + DESCENT,
        first=FIRST,
        starts="\n".join(f"    {_literal(table[at : at + 24])}" for at in range(0, len(table), 24)),
        glyphs="\n".join(f"    {_literal(glyph)}  # {name.replace(' ', 'space')}" for name, glyph in glyphs),
    )


def _glyph(font: ImageFont.FreeTypeFont, sign: str) -> bytes:
    """One sign's columns: as wide as the font moves on, and at least one dark column behind its ink."""
    canvas = Image.new("1", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(canvas)
    pen.fontmode = "1"
    pen.text((CANVAS // 2, CANVAS // 2), sign, fill=1, font=font, anchor="ls")
    left, right = CANVAS // 2, CANVAS // 2 + round(font.getlength(sign, mode="1"))
    ink = canvas.getbbox()
    if ink:
        left, right = min(left, ink[0]), max(right, ink[2] + 1)
        top, foot = CANVAS // 2 - ASCENT, CANVAS // 2 + DESCENT
        over, under = (0, 0) if sign in CUT else (max(0, top - ink[1]), max(0, ink[3] - foot))
        middle = CANVAS // 2 - MIDDLE
        rows = [*range(top - over, middle - over), *range(middle + under, foot + under)]
    else:
        rows = list(range(ASCENT + DESCENT))
    return _columns([[bool(canvas.getpixel((x, y))) for x in range(left, right)] for y in rows])


def _drawn(rows: Sequence[str]) -> bytes:
    """A sign drawn by hand, from its top row on."""
    empty = "." * len(rows[0])
    missing = ASCENT + DESCENT - len(rows)
    return _columns([[pixel == "#" for pixel in row] for row in [*rows, *[empty] * missing]])


def _columns(rows: list[list[bool]]) -> bytes:
    """Rows of lit and dark pixels as MONO_VLSB, two bytes' worth of rows."""
    packed = bytearray(COLUMN_BYTES * len(rows[0]))
    for y, row in enumerate(rows):
        for x, lit in enumerate(row):
            packed[y // 8 * len(row) + x] |= lit << y % 8
    return bytes(packed)


def _literal(data: bytes) -> str:
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; always 0."""
    parser = argparse.ArgumentParser(description="Draw the letters of the staff screens.")
    parser.add_argument("file", type=Path, nargs="?", default=TARGET)
    parser.parse_args(arguments).file.write_text(draw_font())
    return 0


if __name__ == "__main__":
    sys.exit(main())
