"""Text to 1-bit pictures for the device's screen: the largest type that fits, or a refusal with figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import NamedTuple
from unicodedata import category

from PIL import Image, ImageChops, ImageFilter

from server.fleet.fonts import Font, font_of
from server.fleet.ink import Ink, breadth, ink_of

MARGIN = 1  # dark pixels around the ink, so that nothing touches a neighbour or the edge of the glass
SPARE = 4  # rows that lines do not take up by standing further apart: what is below them is not theirs
LINES_MAX = 4
WORDS_MAX = 20  # more is not read by somebody who is ill; it also bounds the search for line breaks
LETTERS_MAX = 32  # the same where letters are words
TYPE_SIZE_MIN = 14  # pixels; 6 mm on a 2.42 inch screen, the smallest that an old eye reads at arm's length
OPENS = ("Ps", "Pi")  # Unicode's categories of what no line ends with
CLOSES = ("Pe", "Pf", "Po")  # and of what none begins with


class Picture(NamedTuple):
    """Rows from the top, each padded to whole bytes, leftmost pixel in the highest bit (MONO_HLSB)."""

    width: int
    height: int
    rows: bytes


class DoesNotFitError(ValueError):
    """A text that is too large for its place even in the smallest type.

    `number`: which of several texts, from 0. `place`: in the question that it is of; that question's own text, unless
    said otherwise.
    """

    def __init__(self, sentence: str, number: int = 0) -> None:
        super().__init__(sentence)
        self.number = number
        self.place: tuple[str | int, ...] = ("text",)


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
    sizes = sizes_for(language, sizes)
    for size in sizes:
        blocks = [_block(text, language, size, width, height) for text in texts]
        if all(block.width <= width and block.height <= height for block in blocks):
            return [draw(block, language) for block in blocks]
    for number, text in enumerate(texts):
        block = _block(text, language, sizes[-1], width, height)
        if block.width > width or block.height > height:
            sentence = f'"{text}" is {_overflow(block, width, height)} in the smallest type ({sizes[-1]} px)'
            raise DoesNotFitError(sentence, number)
    raise AssertionError("one of the texts did not fit")


def sizes_for(language: str, sizes: Sequence[int]) -> list[int]:
    """Those of the sizes at which the language's letters read well."""
    good = font_of(language).sizes
    return [size for size in sizes if size in good] or [good[-1]]


def words_alike(texts: Sequence[str], language: str, size: int) -> list[Block]:
    """Words that stand side by side: broken only where their text is, and all on one line."""
    blocks = [_measure(tuple(text.split("\n")), language, size) for text in texts]
    letters = ink_of(font_of(language).tall_and_deep, language, size)
    above = max(letters.above, *(block.above for block in blocks))
    below = max(letters.below, *(block.below for block in blocks))
    return [replace(block, above=above, below=below) for block in blocks]


def draw(block: Block, language: str) -> Picture:
    """The block's ink inside its margins."""
    image = Image.new("1", (block.width, block.height))
    for number, line in enumerate(block.lines):
        ink = ink_of(line, language, block.size)
        foot = MARGIN + block.above + block.pitch * number
        image.paste(1, ((block.width - ink.width) // 2, foot - ink.above), ink.image)
    return Picture(block.width, block.height, image.tobytes())


def too_long(text: str, language: str) -> str:
    """A few words on a text that is longer than people read; empty for one that is not."""
    count = len(_words(text, language))
    unit, most = ("words", WORDS_MAX) if font_of(language).spaced else ("letters", LETTERS_MAX)
    return f"{count} {unit}; at most {most} are read" if count > most else ""


def _words(text: str, language: str) -> list[str]:
    """What is never broken. Where letters are words, that is a letter with the punctuation that belongs to it."""
    if font_of(language).spaced:
        return text.split()
    words: list[str] = []
    for letter in "".join(text.split()):
        last = words[-1][-1] if words else ""
        if last and (category(letter) in CLOSES or category(last) in OPENS or (letter.isascii() and last.isascii())):
            words[-1] += letter
        else:
            words.append(letter)
    return words


def _block(text: str, language: str, size: int, width: int, height: int) -> Block:
    """The text with as few lines as the width allows; where no number of lines fits, the nearest."""
    fallback: Block | None = None
    for lines in _line_breaks(text, language, size):
        block = _loosened(_measure(lines, language, size), language, height)
        if fallback is None or (block.height <= height and block.width < fallback.width):
            fallback = block
        if block.width <= width:
            return block
    assert fallback is not None
    return fallback


def _loosened(block: Block, language: str, height: int) -> Block:
    """The lines further apart, as far as there is room and until no mark of one reaches between those of another."""
    inks = [ink_of(line, language, block.size) for line in block.lines]
    apart = max(ink.above for ink in inks) + max(ink.below for ink in inks) + font_of(language).gap
    room = max(0, height - SPARE - block.height) // max(1, len(inks) - 1)
    return replace(block, pitch=max(block.pitch, min(apart, block.pitch + room)))


def _line_breaks(text: str, language: str, size: int) -> Iterator[tuple[str, ...]]:
    """The text in one line, in two, ..., each time broken so that its longest line is shortest."""
    if "\n" in text:
        yield tuple(text.split("\n"))
        return
    words = _words(text, language)[: max(WORDS_MAX, LETTERS_MAX) + 1]
    space = " " if font_of(language).spaced else ""
    for count in range(1, min(LINES_MAX, len(words)) + 1):
        broken = _broken(words, count, space)
        yield min(broken, key=lambda lines: max(breadth(line, language, size) for line in lines))


def _broken(words: list[str], count: int, space: str) -> Iterator[tuple[str, ...]]:
    for breaks in combinations(range(1, len(words)), count - 1):
        edges = (0, *breaks, len(words))
        yield tuple(space.join(words[start:end]) for start, end in pairwise(edges))


def _measure(lines: tuple[str, ...], language: str, size: int) -> Block:
    font = font_of(language)
    inks = [ink_of(line, language, size) for line in lines]
    widths = tuple(ink.width for ink in inks)
    letters = ink_of(font.tall_and_deep, language, size)
    pitch = max([letters.above + 2, *(_pitch(*pair, font) for pair in pairwise(inks))])
    return Block(lines, size, widths, inks[0].above, inks[-1].below, pitch)


def _pitch(upper: Ink, lower: Ink, font: Font) -> int:
    """From the foot of a line to that of the next: no nearer than that they have a gap between them all along."""
    clear = upper.below + lower.above + font.gap
    if not font.lit_from:
        return clear
    reach = 2 * font.gap + 1
    width = max(upper.width, lower.width) + 2 * reach
    above = Image.new("L", (width, upper.image.height + 2 * reach))
    above.paste(255, ((width - upper.width) // 2, reach), upper.image)
    around = above.filter(ImageFilter.MaxFilter(reach))
    for pitch in range(font.gap + 1, clear):
        below = Image.new("L", around.size)
        top = reach + upper.above + pitch - lower.above
        below.paste(255, ((width - lower.width) // 2, top), lower.image)
        if not ImageChops.multiply(around, below).getbbox():
            return pitch
    return clear


def _overflow(block: Block, width: int, height: int) -> str:
    over = []
    if block.width > width:
        over.append(f"{block.width - width} px too wide")
    if block.height > height:
        over.append(f"{block.height - height} px too high")
    return " and ".join(over)
