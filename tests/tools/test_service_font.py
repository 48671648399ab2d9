"""The letters of the staff screens: made from the font, covering ASCII, and never changed by hand."""

from itertools import pairwise

from firmware import service_font
from tools.service_font import FIRST, LAST, TARGET, draw_font, main


def test_the_file_in_the_tree_is_what_the_tool_makes(tmp_path):
    made = tmp_path / "service_font.py"
    assert main([str(made)]) == 0
    assert made.read_text() == draw_font()
    assert TARGET.read_text() == made.read_text(), "say: python -m tools.service_font"


def test_every_printable_sign_of_ascii_has_columns():
    signs = LAST - FIRST + 2  # and the tick
    assert (FIRST, LAST, service_font.FIRST_SIGN) == (32, 126, 32)
    starts = [int.from_bytes(service_font.STARTS[at : at + 2], "little") for at in range(0, 2 * signs + 2, 2)]
    assert len(service_font.STARTS) == 2 * signs + 2
    assert starts[0] == 0
    assert starts[-1] == len(service_font.GLYPHS)
    widths = [(after - before) / 2 for before, after in pairwise(starts)]
    assert all(width == int(width) and 3 <= width <= 10 for width in widths)


def test_no_row_below_the_last_is_lit():
    for at in range(service_font.FIRST_SIGN, LAST + 2):
        start, end = (
            int.from_bytes(service_font.STARTS[2 * (sign - FIRST) : 2 * (sign - FIRST) + 2], "little")
            for sign in (at, at + 1)
        )
        lower = service_font.GLYPHS[(start + end) // 2 : end]
        assert all(byte < 1 << service_font.LETTER_HEIGHT - 8 for byte in lower), chr(at)
