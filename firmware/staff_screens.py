"""Draws what staff read: rows of small letters, with keys, in sentences, or as a countdown.

In memory only while it is needed: for the staff functions, the self-test, and the words of a device that lacks a part.
"""

from framebuf import MONO_VLSB, FrameBuffer

from firmware.service_font import FIRST_SIGN, GLYPHS, LETTER_HEIGHT, STARTS
from firmware.staff_view import CHECKER, COUNT, KEYS, LIT, WORDS
from protocol.screen import HEIGHT, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.staff_view import View

PITCH = 12  # one dark row between the deepest letter and the key below it
TOP = 3
ROWS_MAX = (HEIGHT - TOP) // PITCH
MARGIN = 2
KEY_WIDTH = 10
DIGIT_HEIGHT = 9
DIGIT_WIDTH = 6  # of each of them, so that a countdown does not dance
TEXT_LEFT = 16  # of a row with a key
TICK = "\x7f"  # marks the present choice
TICK_LEFT = WIDTH - MARGIN - 7
LARGE = 3  # of a countdown: lit squares in place of pixels
BAR_LEFT = 8  # the bar that shows how far a sync is
BAR_TOP = 48
BAR_WIDTH = 112
BAR_HEIGHT = 8


def draw_view(frame: FrameBuffer, view: "View") -> str:
    """A view of `Staff` or `SelfTest`; returns its name. What was there before is gone."""
    name, form, text, marked = view
    frame.fill(1 if form == LIT else 0)
    if form == WORDS:
        draw_words(frame, text)
    elif form == CHECKER:
        for y in range(HEIGHT):
            for x in range(y % 2, WIDTH, 2):
                frame.pixel(x, y, 1)
    elif form == COUNT:
        number, text = text.split("\n")
        draw_words(frame, text, HEIGHT - 2 * PITCH)
        _draw_large(frame, number, 8)
    else:
        top = TOP
        for line in text.split("\n"):
            _draw_row(frame, line, top, form == KEYS and line[:1].isdigit())
            top += PITCH
        if 0 <= marked < ROWS_MAX:
            draw_text(frame, TICK, TICK_LEFT, TOP + PITCH * marked)
    return name


def draw_words(frame: FrameBuffer, text: str, top: int = 0) -> None:
    """Clear the rows from `top` on and write the text into their middle, wrapped. What finds no room is left out."""
    rows = (HEIGHT - top) // PITCH
    lines = wrapped(text[:1].upper() + text[1:], WIDTH - 2 * MARGIN)
    if len(lines) > rows:
        lines[rows - 1] = lines[rows - 1][:-3] + "..."
        del lines[rows:]
    frame.fill_rect(0, top, WIDTH, HEIGHT - top, 0)
    y = top + (HEIGHT - top - PITCH * len(lines) + 1) // 2
    for line in lines:
        draw_text(frame, line, max(MARGIN, (WIDTH - text_width(line)) // 2), y, WIDTH - MARGIN)
        y += PITCH


def draw_sending(frame: FrameBuffer, waiting: int) -> None:
    """A sync begins: words, and a bar that the sync fills without needing any letters."""
    frame.fill(0)
    words = "Sending %d answer%s" % (waiting, "" if waiting == 1 else "s") if waiting else "Asking the server"
    draw_words(frame, words + ". A press stops it.")
    frame.fill_rect(0, BAR_TOP - 4, WIDTH, HEIGHT - BAR_TOP + 4, 0)
    frame.rect(BAR_LEFT - 2, BAR_TOP - 2, BAR_WIDTH + 4, BAR_HEIGHT + 4, 1)


def draw_text(frame: FrameBuffer, text: str, left: int, top: int, end: int = WIDTH) -> int:
    """One line without wrapping; letters that would reach beyond `end` are left out. Returns where it ends."""
    pixels = bytearray(2 * WIDTH)  # the upper eight rows and the lower ones: a blit for each letter leaves much garbage
    at = 0
    for code in text.encode():  # bytes: iterating over a str would keep each letter in memory for ever
        start = _start(code)
        width = (_start(code, 2) - start) // 2
        if left + at + width > end + 1:  # a letter's last column is dark
            break
        for column in range(width):
            pixels[at + column] = GLYPHS[start + column]
            pixels[at + column + WIDTH] = GLYPHS[start + column + width]
        at += width
    if at:
        frame.blit((pixels, at, LETTER_HEIGHT, MONO_VLSB, WIDTH), left, top)
    return left + at


def text_width(text: str) -> int:
    """In pixels, with the dark column at its end."""
    width = 0
    for code in text.encode():
        width += (_start(code, 2) - _start(code)) // 2
    return width


def wrapped(text: str, width: int) -> "list[str]":
    """Words in lines of at most so many pixels; a longer word is broken, and a line break is kept."""
    lines = []
    for part in text.split("\n"):
        line = ""
        for word in part.split():
            if line and text_width(line + " " + word) > width + 1:
                lines.append(line)
                line = ""
            line = line + " " + word if line else word
            while text_width(line) > width + 1:
                cut = len(line) - 1
                while text_width(line[:cut]) > width + 1:
                    cut -= 1
                lines.append(line[:cut])
                line = line[cut:]
        if line:
            lines.append(line)
    return lines


def _draw_row(frame: FrameBuffer, line: str, top: int, has_key: bool) -> None:
    left = MARGIN
    line, _, right = line.partition("\t")
    end = WIDTH - MARGIN
    if right:
        end -= text_width(right)
        draw_text(frame, right, end + 1, top)
    if has_key:
        inverted = FrameBuffer(bytearray(2), 2, 1, MONO_VLSB)  # a palette: unlit to lit, lit to unlit
        inverted.pixel(0, 0, 1)
        frame.fill_rect(MARGIN, top - 1, KEY_WIDTH, DIGIT_HEIGHT + 2, 1)
        start = _start(ord(line[0]))
        digit = (GLYPHS[start : start + 2 * DIGIT_WIDTH], DIGIT_WIDTH, DIGIT_HEIGHT, MONO_VLSB)
        frame.blit(digit, MARGIN + (KEY_WIDTH - DIGIT_WIDTH + 1) // 2, top, -1, inverted)
        left = TEXT_LEFT
        line = line[2:]
        end = min(end, TICK_LEFT - 2 * MARGIN)
    draw_text(frame, line, left, top, end)


def _draw_large(frame: FrameBuffer, text: str, top: int) -> None:
    left = (WIDTH - LARGE * (text_width(text) - 1)) // 2
    for code in text.encode():
        start = _start(code)
        for y in range(DIGIT_HEIGHT):
            for x in range(DIGIT_WIDTH):
                if GLYPHS[start + y // 8 * DIGIT_WIDTH + x] >> y % 8 & 1:
                    frame.fill_rect(left + LARGE * x, top + LARGE * y, LARGE, LARGE, 1)
        left += LARGE * DIGIT_WIDTH


def _start(code: int, ahead: int = 0) -> int:
    """Where in GLYPHS a sign begins, or the next one; what the font lacks is a question mark."""
    at = 2 * (code - FIRST_SIGN)
    if not 0 <= at < len(STARTS) - 2:
        at = 2 * (ord("?") - FIRST_SIGN)
    return STARTS[at + ahead] | STARTS[at + ahead + 1] << 8
