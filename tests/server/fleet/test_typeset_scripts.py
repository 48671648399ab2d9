"""Scripts that join, stack, run from the right or have no spaces are set whole, and lines keep apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from server.fleet import packages, typeset
from server.fleet.fonts import FONTS, LATIN, font_of
from server.fleet.ink import breadth, ink_of, lacking_letters
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.typeset import DoesNotFitError, sizes_for, too_long, words_alike

SEVEN = ("en", "cy", "pl", "ur", "pa", "bn", "zh")
WORDS = {
    "en": ["Did", "you", "see", "staff", "clean", "their", "hands?", "Fjord,", "(joy)", "£5!"],
    "cy": ["Sut", "oedd", "eich", "triniaeth", "heddiw?", "Ŵyau", "ŷd,", "glân"],
    "pl": ["Częściowo", "źdźbło,", "żółć!", "Łąka", "ogólnie", "dziś?"],
    "ur": ["کیا", "آپ", "نے", "عملے", "کو", "ہاتھ", "صاف", "کرتے", "دیکھا؟", "آج", "24", "بار،", "گئے۔"],
    "pa": ["ਕੀ", "ਤੁਹਾਡੀ", "ਇੱਜ਼ਤ", "ਦਾ", "ਧਿਆਨ", "ਰੱਖਿਆ?", "ਸਾਫ਼", "ਨੂੰ", "ਹੱਥ", "24,", "ਦਿਓ।"],
    "bn": ["কর্মীদের", "হাত", "পরিষ্কার", "করতে", "দেখেছেন?", "হ্যাঁ,", "চিকিৎসা", "২৪", "24", "বলুন।"],
    "zh": [*"您看到员工清洁双手了吗？谢谢，", "（24）", "“好”。"],
}
SPACE = {language: " " if font_of(language).spaced else "" for language in SEVEN}
PLACES = (
    (packages.QUESTION_SIZES, 128, 38),
    (packages.WORD_SIZES, 90, 64),
    (packages.SCREEN_SIZES, 128, 58),
    (packages.SCREEN_SIZES, 128, 64),
    (packages.NAME_SIZES, 59, 21),
)
texts = st.sampled_from(SEVEN).flatmap(
    lambda language: st.tuples(
        st.just(language),
        st.lists(st.sampled_from(WORDS[language]), min_size=1, max_size=9).map(SPACE[language].join),
    )
)


def image_of(picture):
    return Image.frombytes("1", (picture.width, picture.height), picture.rows)


def one_line(text, language, size):
    return ink_of(text, language, size).image


@settings(max_examples=120, deadline=None)
@given(text=texts, place=st.sampled_from(PLACES))
def test_what_is_accepted_has_all_its_ink_inside_its_margins(text, place):
    language, words = text
    sizes, width, height = place
    try:
        picture = typeset.typeset(words, language, sizes, width, height)
    except DoesNotFitError as refused:
        refusal = str(refused)
    else:
        assert picture.width <= width
        assert picture.height <= height
        left, top, right, bottom = image_of(picture).getbbox()
        assert (left, top, right) == (1, 1, picture.width - 1)
        assert bottom <= picture.height - 1
        return
    assert words in refusal
    assert "px too " in refusal


@settings(max_examples=80, deadline=None)
@given(text=texts)
def test_no_line_touches_the_next(text):
    """Not even at a corner: a mark that touches another letter makes it another letter."""
    language, words = text
    size = sizes_for(language, packages.SCREEN_SIZES)[-1]
    block = typeset._block(words, language, size, 128, 64)
    lines = []
    for number, line in enumerate(block.lines):
        ink = ink_of(line, language, size)
        page = Image.new("L", (block.width + 8, block.height + 8 * size))
        page.paste(255, ((page.width - ink.width) // 2, 4 * size + block.pitch * number - ink.above), ink.image)
        lines.append(page)
    for number, upper in enumerate(lines):
        for lower in lines[number + 1 :]:
            assert not ImageChops.multiply(upper.filter(ImageFilter.MaxFilter(3)), lower).getbbox()


@pytest.mark.parametrize("language", SEVEN)
def test_every_sample_has_all_its_letters(language):
    assert lacking_letters(" ".join(WORDS[language]) + LANGUAGE_NAMES[language], language) == ""


@pytest.mark.parametrize("font", [LATIN, *FONTS.values()], ids=["latin", *FONTS])
def test_from_the_tallest_to_the_deepest_letter_are_fourteen_pixels_and_more(font):
    language = next((code for code, each in FONTS.items() if each is font), "en")
    ink = ink_of(font.tall_and_deep, language, font.sizes[-1])
    assert ink.above + ink.below >= 14
    assert list(font.sizes) == sorted(font.sizes, reverse=True)


def likeness(line, ink, left):
    """The part of the ink's pixels that stand in the line, at best a pixel from where they should."""
    shifts = [(x, y) for x in (-1, 0, 1) for y in range(max(1, line.height - ink.height + 1))]
    lit = ink.convert("L").histogram()[255]
    return max(
        ImageChops.multiply(
            line.crop((left + x, y, left + x + ink.width, y + ink.height)).convert("L"), ink.convert("L")
        ).histogram()[255]
        / lit
        for x, y in shifts
    )


@pytest.mark.parametrize("size", FONTS["ur"].sizes)
def test_urdu_runs_from_the_right_and_its_numbers_do_not(size):
    """Written first, the number is at the right; last, at the left; and it is 24, not 42."""
    number, turned = one_line("24", "ur", size), one_line("42", "ur", size)
    first, last = one_line("24 بار", "ur", size), one_line("بار 24", "ur", size)
    for line, there, elsewhere in ((first, first.width - number.width, 0), (last, 0, last.width - number.width)):
        assert likeness(line, number, there) > 0.6
        assert likeness(line, number, there) > likeness(line, number, elsewhere) + 0.1
        assert likeness(line, number, there) > likeness(line, turned, there) + 0.1


def test_the_question_mark_of_urdu_is_at_the_left():
    line = one_line("کیسا؟", "ur", 20)
    mark = one_line("؟", "ur", 20)
    with_other_end = one_line("کیسا", "ur", 20)
    assert line.crop((0, 0, mark.width, line.height)).getbbox()
    right = line.crop((line.width - 20, 0, line.width, line.height))
    assert right.getbbox()
    assert abs(line.width - mark.width - with_other_end.width) <= 6


@pytest.mark.parametrize("size", FONTS["ur"].sizes)
def test_urdu_letters_join(size):
    """Three letters that join are narrower than three that stand alone, and hang together."""
    together, alone = one_line("ببب", "ur", size), one_line("ب", "ur", size)
    assert together.width < 2.5 * alone.width
    columns = [together.crop((x, 0, x + 1, together.height)).getbbox() for x in range(together.width)]
    assert all(columns)


@pytest.mark.parametrize(("language", "word"), [("bn", "আমাদের"), ("bn", "সেবা"), ("pa", "ਸਾਡੀ"), ("pa", "ਨਹੀਂ")])
def test_the_line_that_letters_hang_from_is_unbroken(language, word):
    for size in FONTS[language].sizes:
        line = one_line(word, language, size)
        runs = []
        for y in range(line.height):
            row = "".join("#" if line.getpixel((x, y)) else " " for x in range(line.width))
            runs.append(max(len(run) for run in row.split(" ")))
        assert max(runs) >= 0.8 * line.width, size


def test_bengali_letters_stack():
    size = FONTS["bn"].sizes[0]
    parts = one_line("ক", "bn", size).width + one_line("ষ", "bn", size).width
    assert one_line("ক্ষ", "bn", size).width < parts


def test_chinese_is_broken_between_letters_but_not_before_punctuation():
    lines = next(
        lines
        for lines in typeset._line_breaks("您看到员工清洁双手了吗？谢谢，好。", "zh", 18)
        if max(breadth(line, "zh", 18) for line in lines) <= 126
    )
    assert len(lines) == 3
    assert "".join(lines) == "您看到员工清洁双手了吗？谢谢，好。"
    assert not any(line[0] in "？，。" for line in lines)
    assert typeset._words("（24）好“吗”。", "zh") == ["（24）", "好", "“吗”。"]


def test_what_is_too_long_is_counted_in_words_or_in_letters():
    assert too_long("a " * 20, "en") == ""
    assert too_long("a " * 21, "en") == "21 words; at most 20 are read"
    assert too_long("好" * 32, "zh") == ""
    assert too_long("好" * 33 + "。", "zh") == "33 letters; at most 32 are read"


@pytest.mark.parametrize("language", SEVEN)
def test_words_on_keys_have_one_height_and_stand_on_one_line(language):
    blocks = words_alike(WORDS[language][:4], language, 18)
    assert len({(block.above, block.below, block.height) for block in blocks}) == 1


@pytest.mark.parametrize("language", SEVEN)
def test_the_seven_languages_have_a_name_that_can_be_chosen(language):
    name = typeset.typeset(LANGUAGE_NAMES[language], language, *PLACES[-1])
    assert name.height >= 14


def test_letters_of_another_script_are_named():
    assert lacking_letters("ہاں NHS 好", "ur") == "好"
    assert lacking_letters("ਹਾਂ ok", "pa") == "ko"
