"""Text to 1-bit pictures for the device's screen: the largest type that fits, or a refusal with figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from itertools import combinations, pairwise
from typing import NamedTuple
from unicodedata import normalize

from PIL import Image, ImageDraw, ImageFont

MARGIN = 1  # dark pixels around the ink, so that nothing touches a neighbour or the edge of the glass
LINES_MAX = 4
WORDS_MAX = 20  # more is not read by somebody who is ill; it also bounds the search for line breaks
TYPE_SIZE_MIN = 14  # pixels; 6 mm on a 2.42 inch screen, the smallest that an old eye reads at arm's length
ALIGNED = "dp"  # a tall and a deep letter: words side by side share these heights, so they stand on one line


class FontFile(NamedTuple):
    """A font in an installed package, and the values of its variation axes.

    `shaped`: its letters join, stack or run from the right, which is work for HarfBuzz. Letters that do neither stand
    more evenly without it: FreeType's own layout keeps them on whole pixels.
    """

    package: str
    path: str
    axes: tuple[int, ...]
    shaped: bool


# Why this one: docs/adr/0005-server-typesets.md. A language in another script gets its own row here.
LATIN = FontFile("fontpkg_roboto_condensed", "files/RobotoCondensed[wght].ttf", (700,), shaped=False)
FONTS: dict[str, FontFile] = {}


class Picture(NamedTuple):
    """Rows from the top, each padded to whole bytes, leftmost pixel in the highest bit (MONO_HLSB)."""

    width: int
    height: int
    rows: bytes


class DoesNotFitError(ValueError):
    """A text that is too large for its place even in the smallest type."""


@dataclass(frozen=True)
class Block:
    """Lines of one type size; all lengths in pixels, `above` and `below` counted from a line's foot."""

    lines: tuple[str, ...]
    size: int
    widths: tuple[int, ...]
    above: int
    below: int
    pitch: int

    @property
    def width(self) -> int:
        """The picture's width, margins included."""
        return max(self.widths) + 2 * MARGIN

    @property
    def height(self) -> int:
        """The picture's height, margins included."""
        return self.above + self.pitch * (len(self.lines) - 1) + self.below + 2 * MARGIN


def typeset(text: str, language: str, sizes: Sequence[int], width: int, height: int) -> Picture:
    """The text in the largest of `sizes` (descending) that fits `width` x `height`, all in pixels.

    Lines are centred. A line break in the text is kept; a text without one is broken where its lines come out
    most even. Raises DoesNotFitError with how many pixels it is over.
    """
    return typeset_alike([text], language, sizes, width, height)[0]


def typeset_alike(texts: Sequence[str], language: str, sizes: Sequence[int], width: int, height: int) -> list[Picture]:
    """Each text as `typeset` has it, all in one size: no option may look larger than another."""
    for size in sizes:
        blocks = [_block(text, language, size, width, height) for text in texts]
        if all(block.width <= width and block.height <= height for block in blocks):
            return [draw(block, language) for block in blocks]
    for text in texts:
        block = _block(text, language, sizes[-1], width, height)
        if block.width > width or block.height > height:
            raise DoesNotFitError(
                f'"{text}" is {_overflow(block, width, height)} in the smallest type ({sizes[-1]} px)'
            )
    raise AssertionError("one of the texts did not fit")


def words_alike(texts: Sequence[str], language: str, size: int) -> list[Block]:
    """Words that stand side by side: broken only where their text is, and all on one line."""
    return [_measure(tuple(text.split("\n")), language, size, aligned=True) for text in texts]


def draw(block: Block, language: str) -> Picture:
    """The block's ink inside its margins."""
    image = Image.new("1", (block.width, block.height))
    for number, (line, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        x = (block.width - width) // 2 - _ink_box(line, language, block.size)[0]
        foot = MARGIN + block.above + block.pitch * number
        _write(image, x, foot, line, language, block.size)
    return Picture(block.width, block.height, image.tobytes())


def lacking_letters(text: str, language: str) -> str:
    """The letters of the text that the language's font cannot draw."""
    font = _font(language, TYPE_SIZE_MIN)
    nothing = bytes(font.getmask("\U0010ffff", mode="1"))  # no font has it: what is drawn for a letter that is lacking
    letters = sorted({letter for letter in normalize("NFC", text) if not letter.isspace()})
    return "".join(letter for letter in letters if bytes(font.getmask(letter, mode="1")) == nothing)


def _block(text: str, language: str, size: int, width: int, height: int) -> Block:
    """The text with as few lines as the width allows; where no number of lines fits, the nearest."""
    fallback: Block | None = None
    for lines in _line_breaks(text, language, size):
        block = _measure(lines, language, size)
        if fallback is None or (block.height <= height and block.width < fallback.width):
            fallback = block
        if block.width <= width:
            return block
    assert fallback is not None
    return fallback


def _line_breaks(text: str, language: str, size: int) -> Iterator[tuple[str, ...]]:
    """The text in one line, in two, ..., each time broken so that its longest line is shortest."""
    if "\n" in text:
        yield tuple(text.split("\n"))
        return
    words = text.split()[: WORDS_MAX + 1]
    for count in range(1, min(LINES_MAX, len(words)) + 1):
        yield min(_broken(words, count), key=lambda lines: max(_ink(line, language, size)[0] for line in lines))


def _broken(words: list[str], count: int) -> Iterator[tuple[str, ...]]:
    for breaks in combinations(range(1, len(words)), count - 1):
        edges = (0, *breaks, len(words))
        yield tuple(" ".join(words[start:end]) for start, end in pairwise(edges))


def _measure(lines: tuple[str, ...], language: str, size: int, *, aligned: bool = False) -> Block:
    inks = [_ink(line, language, size) for line in lines]
    letters = _ink(ALIGNED, language, size)
    above = max(ink[1] for ink in inks)
    below = max(ink[2] for ink in inks)
    pitch = max(above + below + 1, letters[1] + 2)
    if aligned:
        return Block(lines, size, tuple(ink[0] for ink in inks), max(above, letters[1]), max(below, letters[2]), pitch)
    return Block(lines, size, tuple(ink[0] for ink in inks), inks[0][1], inks[-1][2], pitch)


def _ink(line: str, language: str, size: int) -> tuple[int, int, int]:
    """Width of the ink, its height above the foot of the line and its depth below."""
    left, top, right, bottom = _ink_box(line, language, size)
    return right - left, -top, max(0, bottom)


@lru_cache(maxsize=4096)
def _ink_box(line: str, language: str, size: int) -> tuple[int, int, int, int]:
    """The lit pixels' left, top, right and bottom edge, seen from the start of the line's foot.

    The font's own box is wider: it counts the space after the last letter.
    """
    width = round(_font(language, size).getlength(line)) + 4 * size
    image = Image.new("1", (width, 4 * size))
    _write(image, 2 * size, 2 * size, line, language, size)
    box = image.getbbox() or (2 * size, 2 * size, 2 * size + 1, 2 * size + 1)
    return box[0] - 2 * size, box[1] - 2 * size, box[2] - 2 * size, box[3] - 2 * size


def _write(image: Image.Image, x: int, foot: int, line: str, language: str, size: int) -> None:
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    spoken = language if FONTS.get(language, LATIN).shaped else None  # only HarfBuzz takes it
    text = normalize("NFC", line)
    pen.text((x, foot), text, fill=1, font=_font(language, size), anchor="ls", language=spoken)


def _font(language: str, size: int) -> ImageFont.FreeTypeFont:
    return _load(FONTS.get(language, LATIN), size)


@lru_cache(maxsize=64)
def _load(source: FontFile, size: int) -> ImageFont.FreeTypeFont:
    data = files(source.package).joinpath(source.path).read_bytes()
    layout = ImageFont.Layout.RAQM if source.shaped else ImageFont.Layout.BASIC
    font = ImageFont.truetype(BytesIO(data), size, layout_engine=layout)
    font.set_variation_by_axes(list(source.axes))
    return font


def _overflow(block: Block, width: int, height: int) -> str:
    over = []
    if block.width > width:
        over.append(f"{block.width - width} px too wide")
    if block.height > height:
        over.append(f"{block.height - height} px too high")
    return " and ".join(over)
