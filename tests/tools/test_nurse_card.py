"""The nurse's card shows the screens that the firmware draws, fits one sheet, and is what the command makes."""

import re
import subprocess

import pytest

from tests.parts import need
from tools.nurse_card import ADVICE, CARD, STEPS, card, drawing, main, picture_file

PICTURE = b"P4\n10 2\n" + bytes([0b01100000, 0b01000000, 0b00000001, 0b11000000])
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
PRINT_TIMEOUT_S = 120  # on a busy machine; only a hang takes longer


def test_the_page_in_the_tree_is_what_the_command_makes():
    assert CARD.read_text(encoding="utf-8") == card(), "say: python -m tools.nurse_card --write"


def test_the_command_prints_the_page(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == card()


def test_every_pixel_of_a_picture_is_on_the_page():
    lit = pixels(drawing(PICTURE, "two runs"))
    assert lit == {(1, 0), (2, 0), (9, 0), (7, 1), (8, 1), (9, 1)}


def test_the_words_of_a_picture_are_there_for_who_cannot_see_it():
    assert 'aria-label="1 &lt; 2"' in drawing(PICTURE, "1 < 2")


@pytest.mark.parametrize("picture", [b"P4\n10 2\n\x00", b"P1\n1 1\n\x00", b"P4\n10 2\n" + bytes(5)])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="PBM"):
        drawing(picture, "")


def test_a_missing_picture_is_said_with_its_remedy():
    with pytest.raises(LookupError, match=r"no picture nothing: .*tests/golden/staff/renew\.py"):
        picture_file("nothing")


def test_every_row_of_the_first_two_pages_of_the_menu_is_explained():
    titles = " ".join(step.title for step in STEPS)
    for row in ("Home visit: 1", "declines: 2", "help: 3", "well? 4", "5, then 1", "5, then 2 or 3", "5, then 4"):
        assert row in titles
    assert len(ADVICE) == 4


def test_nothing_on_the_page_comes_from_elsewhere():
    assert not re.search(r"https?:|url\(|<script|<link|@import|src=", card())


def test_it_prints_on_one_sheet(tmp_path):
    page, printed = tmp_path / "card.html", tmp_path / "card.pdf"
    page.write_text(card(), encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    subprocess.run(
        [need("chromium"), *flags, profile, f"--print-to-pdf={printed}", page],
        capture_output=True,
        timeout=PRINT_TIMEOUT_S,
        check=True,
    )
    assert len(PAGE.findall(printed.read_bytes())) == 1


def pixels(svg):
    """What the path of a drawing covers."""
    lit = set()
    for x, y, length, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", svg):
        assert length == back
        lit |= {(int(x) + at, int(y)) for at in range(int(length))}
    return lit
