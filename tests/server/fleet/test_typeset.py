"""Text becomes the largest picture that fits, with dark edges, or is refused with the number of pixels it is over."""

import re

import pytest
from PIL import Image, features

from server.fleet import packages
from server.fleet.ink import lacking_letters
from server.fleet.typeset import (
    TYPE_SIZE_MIN,
    DoesNotFitError,
    draw,
    typeset,
    typeset_alike,
    words_alike,
)

SIZES = (24, 20, 18, 16, 14)
TEXTS = (
    "Yes",
    "Did you see staff clean their hands?",
    "Jaką ocenę wystawi Pan naszej opiece?",
    "Ŵyau Ŷd?\ngjpqy",
    "fjord, VAWA; (joy)",
)


def ink(picture):
    """The rows of the picture, each a string with # for lit."""
    image = Image.frombytes("1", (picture.width, picture.height), picture.rows)
    return ["".join(".#"[bool(image.getpixel((x, y)))] for x in range(picture.width)) for y in range(picture.height)]


def is_margin(line):
    return "#" not in line


def columns(rows):
    return ["".join(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", SIZES)
def test_ink_has_one_dark_pixel_around_it_and_touches_it(text, size):
    rows = ink(typeset(text, "en", (size,), 400, 100))
    for lines in (rows, columns(rows)):
        assert is_margin(lines[0])
        assert is_margin(lines[-1])
        assert not is_margin(lines[1])
        assert not is_margin(lines[-2])


def test_the_largest_size_that_fits_is_taken():
    for size, larger in zip(SIZES[1:], SIZES, strict=False):
        room = typeset("Thank you", "en", (size,), 400, 100)
        assert typeset("Thank you", "en", SIZES, room.width, room.height) == room
        assert typeset("Thank you", "en", (larger,), 400, 100).width > room.width


def test_a_text_is_broken_into_even_lines_only_when_it_must_be():
    one = typeset("How is the food here?", "en", (16,), 400, 100)
    two = typeset("How is the food here?", "en", (16,), 128, 38)
    assert one.height < two.height <= 38
    by_hand = typeset("How is the\nfood here?", "en", (16,), 400, 100)
    assert two == by_hand


def test_a_line_break_of_the_author_stays():
    assert typeset("Good\nday", "en", (16,), 400, 100).height > typeset("Good day", "en", (16,), 400, 100).height


def test_what_does_not_fit_is_refused_with_the_pixels_it_is_over():
    exact = typeset("Excellent", "en", (14,), 400, 100)
    with pytest.raises(DoesNotFitError, match=r'^"Excellent" is 7 px too wide in the smallest type \(14 px\)$'):
        typeset("Excellent", "en", SIZES, exact.width - 7, 100)
    with pytest.raises(DoesNotFitError, match=r"is 3 px too high in the smallest type"):
        typeset("Excellent", "en", SIZES, 400, exact.height - 3)
    with pytest.raises(DoesNotFitError, match=re.escape("1 px too wide and 1 px too high")):
        typeset("Excellent", "en", SIZES, exact.width - 1, exact.height - 1)


def test_a_sentence_that_could_never_fit_says_so_too():
    with pytest.raises(DoesNotFitError, match="px too wide"):
        typeset("word " * 20, "en", SIZES, 128, 38)


def test_options_are_set_in_one_size():
    alike = typeset_alike(["Good", "Extraordinary"], "en", SIZES, 90, 64)
    assert alike[1] == typeset("Extraordinary", "en", SIZES, 90, 64)
    assert alike[1] == typeset("Extraordinary", "en", (16,), 90, 64)
    assert alike[0] == typeset("Good", "en", (16,), 90, 64)
    assert alike[0] != typeset("Good", "en", SIZES, 90, 64)


def test_words_on_keys_stand_on_one_line():
    """Without descenders and with them, the foot of the letters is in the same row."""
    no, partly = (ink(draw(block, "en")) for block in words_alike(["No", "Partly"], "en", 18))
    assert len(no) == len(partly)
    foot = max(number for number, row in enumerate(no) if "#" in row)
    p_foot = max(number for number, row in enumerate(partly) if "#" in row[:8])
    assert foot == p_foot


def test_letters_that_the_font_lacks_are_named():
    assert lacking_letters("Ŵyau, łóżko, Ünlü, £5?", "en") == ""
    assert lacking_letters("Good سلام", "en") == "".join(sorted(set("سلام")))


def test_no_place_uses_type_below_the_smallest_that_is_read():
    for sizes in (packages.QUESTION_SIZES, packages.LABEL_SIZES, packages.WORD_SIZES, packages.SCREEN_SIZES):
        assert list(sizes) == sorted(sizes, reverse=True)
        assert sizes[-1] >= TYPE_SIZE_MIN >= 14


def test_scripts_that_need_shaping_can_be_shaped():
    assert features.check("raqm"), "this Pillow cannot join Arabic letters or turn right-to-left text around"
