"""A line of text to lit pixels, in the letters and at the size of its language's font."""

from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

from PIL import Image, ImageDraw, ImageFont

from server.fleet.fonts import Font, font_of

SHRINK = 8  # times larger are letters drawn that are then shrunk
NO_LETTER = "\U0010ffff"  # no font has it: what is drawn for a letter that is lacking


class Ink(NamedTuple):
    """A line's lit pixels, cut out; `above` and `below` the foot of the line."""

    image: Image.Image
    above: int
    below: int

    @property
    def width(self) -> int:
        return self.image.width


def lacking_letters(text: str, language: str) -> str:
    """The letters of the text that the language's font cannot draw."""
    font = _load(font_of(language), font_of(language).sizes[-1])
    nothing = bytes(font.getmask(NO_LETTER, mode="1"))
    letters = {letter for letter in normalize("NFC", text) if not letter.isspace() and category(letter) != "Cf"}
    return "".join(letter for letter in sorted(letters) if bytes(font.getmask(letter, mode="1")) == nothing)


@lru_cache(maxsize=4096)
def breadth(line: str, language: str, size: int) -> float:
    """How wide a line is, near enough to choose where to break."""
    font = font_of(language)
    if not font.lit_from:
        return ink_of(line, language, size).width
    length = _load(font, size * SHRINK).getlength(normalize("NFC", line), direction=_direction(font), language=language)
    return length / SHRINK


@lru_cache(maxsize=4096)
def ink_of(line: str, language: str, size: int) -> Ink:
    """The line's own pixels. The font's box is wider: it counts the space after the last letter."""
    font = font_of(language)
    foot = 2 * size
    if font.lit_from:
        image = _shrunk(line, language, size, foot, _phase(language, size)).point(_threshold(font.lit_from), "1")
    else:
        image = _plain(line, language, size, foot)
    box = image.getbbox() or (0, foot, 1, foot + 1)
    return Ink(image.crop(box), foot - box[1], max(0, box[3] - foot))


def _plain(line: str, language: str, size: int, foot: int) -> Image.Image:
    font = _load(font_of(language), size)
    image = Image.new("1", (round(font.getlength(line)) + 4 * size, 4 * size))
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    pen.text((2 * size, foot), normalize("NFC", line), fill=1, font=font, anchor="ls")
    return image


def _shrunk(line: str, language: str, size: int, foot: int, phase: int) -> Image.Image:
    """The line in grey: how much of each pixel the letters cover. `phase`: eighths of a pixel that they stand lower."""
    source = font_of(language)
    font = _load(source, size * SHRINK)
    text = normalize("NFC", line)
    direction = _direction(source)
    width = round(font.getlength(text, direction=direction, language=language) / SHRINK) + 4 * size
    image = Image.new("L", (width * SHRINK, 4 * size * SHRINK))
    place = (2 * size * SHRINK, foot * SHRINK + phase)
    pen = ImageDraw.Draw(image)
    pen.text(place, text, fill=255, font=font, anchor="ls", direction=direction, language=language)
    return image.reduce(SHRINK)


@lru_cache(maxsize=128)
def _phase(language: str, size: int) -> int:
    """Where horizontal strokes fall on whole rows: one for all lines of a size, or words would not align."""

    def sharpness(phase: int) -> int:
        grey = _shrunk(font_of(language).tall_and_deep, language, size, 2 * size, phase).histogram()
        return sum(count * abs(2 * level - 255) for level, count in enumerate(grey) if level) // sum(grey[1:])

    return max(range(SHRINK), key=sharpness)


def _threshold(percent: int) -> list[int]:
    return [255 if level * 100 >= 255 * percent else 0 for level in range(256)]


def _direction(font: Font) -> str:
    """Said outright, because a text that begins with a number still runs from the right."""
    return "rtl" if font.right_to_left else "ltr"


@lru_cache(maxsize=128)
def _load(source: Font, size: int) -> ImageFont.FreeTypeFont:
    # HarfBuzz places letters on fractions of a pixel, which one bit rounds into uneven gaps: not for plain letters.
    layout = ImageFont.Layout.RAQM if source.lit_from else ImageFont.Layout.BASIC
    font = ImageFont.truetype(source.file(), size, layout_engine=layout)
    if source.axes:
        font.set_variation_by_axes(list(source.axes))
    return font
