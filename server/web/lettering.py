"""Text in pictures: SVG does not break lines, so they are broken here, by how wide letters usually are."""

from textwrap import wrap

LETTER_SHARE = 0.51  # of the font size, an average letter of Arial in running text, and a little more to be safe


def lines_of(text: str, width_px: float, font_size: int) -> list[str]:
    """The text in lines that fit; none of an empty text."""
    return wrap(text, max(8, int(width_px / (LETTER_SHARE * font_size))), break_on_hyphens=False)


def width_of(text: str, font_size: int) -> float:
    """How wide the text will be, roughly."""
    return len(text) * LETTER_SHARE * font_size
