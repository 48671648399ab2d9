"""Every screen of the staff side is, to the pixel, the one that was looked at and found good: tests/golden/staff.

After a deliberate change: `.venv/bin/python tests/golden/staff/renew.py SHEET.png`, and look at the sheet.
"""

import gc
import os

from framebuf import MONO_VLSB, FrameBuffer

from firmware.service_font import LETTER_HEIGHT
from firmware.staff_screens import DIGIT_WIDTH, PITCH, TOP, draw_text, draw_view, draw_words, text_width, wrapped
from firmware.staff_view import KEYS, LINES, WORDS
from protocol.screen import HEIGHT, WIDTH
from tests.firmware.staff_drawings import FULL, LACKING, WIDEST, drawn, self_test_views, staff_at, views

GOLDEN = "tests/golden/staff/"
PATTERNS = ("self-test-lit", "self-test-dark", "self-test-checker")
DRAWING_HEAP_BYTES_MAX = 9000  # garbage of one screen, most of it from finding where its words wrap
WORDS_WIDTH = WIDTH - 4


def blank():
    buffer = bytearray(WIDTH * HEIGHT // 8)
    return buffer, FrameBuffer(buffer, WIDTH, HEIGHT, MONO_VLSB)


def test_every_screen_is_the_golden_one():
    names = []
    for name, picture in drawn():
        names.append(name + ".pbm")
        with open(GOLDEN + names[-1], "rb") as file:
            assert file.read() == picture, "%s has changed; look at it, then renew" % name
    assert sorted(names) == sorted([name for name in os.listdir(GOLDEN) if name.endswith(".pbm")])


def test_nothing_touches_an_edge():
    for name, picture in drawn():
        if name in PATTERNS:
            continue
        rows = picture[-WIDTH * HEIGHT // 8 :]
        row_bytes = WIDTH // 8
        assert not any(rows[:row_bytes]) and not any(rows[-row_bytes:]), name
        for row in range(HEIGHT):
            assert not rows[row * row_bytes] & 0x80, (name, row)
            assert not rows[row * row_bytes + row_bytes - 1] & 0x01, (name, row)


def test_no_line_is_cut_but_a_name_that_is_too_wide():
    """In the widest of states as well."""
    for some in (views(), self_test_views()):
        for name, view in some:
            _, form, text, _ = view
            if form == WORDS:
                assert len(wrapped(text, WORDS_WIDTH)) <= 5, (name, text)
            if form not in (KEYS, LINES) or "widest" in name or name == "full-status-3":
                continue
            for line in text.split("\n"):
                left, _, right = line.partition("\t")
                keys = 14 if form == KEYS and left[:1].isdigit() else 0
                taken = keys + text_width(left[2:] if keys else left) + (6 + text_width(right) if right else 0)
                assert taken <= WORDS_WIDTH + 1, (name, line, taken)


def test_a_name_that_is_too_wide_leaves_room_for_its_tick():
    buffer, frame = blank()
    draw_view(frame, staff_at([5, 2, 5], FULL, WIDEST).view(0))
    for x in range(116, 119):
        assert not any([frame.pixel(x, y) for y in range(TOP, HEIGHT - PITCH)]), x


def test_rows_never_touch():
    """The deepest letters above the tallest, with keys: a dark row lies between."""
    _, frame = blank()
    draw_view(frame, ("x", KEYS, "1 gjpqy@[]{}|Q\n2 gjpqy@[]{}|Q\n3 HlI(){}[]|$\n4 gjpqy,;\n5 HlI", -1))
    for row in range(1, 5):
        y = TOP + PITCH * row - 1
        assert not any([frame.pixel(x, y) for x in range(16, WIDTH)]), row
        assert not any([frame.pixel(x, y - 1) for x in range(2, 12)]), row


def test_every_sign_is_in_the_font_and_no_two_look_alike():
    seen = {}
    for code in range(33, 128):
        buffer, frame = blank()
        end = draw_text(frame, chr(code), 8, 8)
        assert any(buffer), code
        assert 8 < end <= 18
        lit = [y for y in range(HEIGHT) for x in range(WIDTH) if frame.pixel(x, y)]
        assert min(lit) >= 8 and max(lit) < 8 + LETTER_HEIGHT, code
        assert not any([frame.pixel(end - 1, y) for y in range(HEIGHT)]), code  # the gap to the next letter
        picture = bytes(buffer)
        assert picture not in seen, (code, seen.get(picture))
        seen[picture] = code


def test_letters_are_high_enough_to_read():
    for sign, height in (("H", 9), ("x", 7), ("8", 9), ("d", 9)):
        _, frame = blank()
        draw_text(frame, sign, 8, 8)
        lit = [y for y in range(HEIGHT) if any([frame.pixel(x, y) for x in range(WIDTH)])]
        assert max(lit) - min(lit) + 1 == height, (sign, lit)


def test_digits_are_as_wide_as_each_other():
    assert [text_width(digit) for digit in "0123456789"] == [DIGIT_WIDTH] * 10


def test_what_the_font_lacks_is_a_question_mark():
    with_one, frame = blank()
    draw_text(frame, "caf??", 2, 2)  # two bytes
    other, frame = blank()
    draw_text(frame, "caf\u00e9", 2, 2)
    assert with_one == other
    assert text_width("\x1f\u4e2d") == text_width("????")


def test_words_wrap_where_they_fit_and_a_long_one_is_broken():
    assert wrapped("", 100) == []
    assert wrapped("one\ntwo", 100) == ["one", "two"]
    lines = wrapped("no identity: provision this device", 100)
    assert " ".join(lines) == "no identity: provision this device"
    for width in (20, 50, 100, 124):
        for text in LACKING + ("W" * 60, "a " + "i" * 90 + " b"):
            lines = wrapped(text, width)
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")
            assert max([text_width(line) for line in lines]) <= width + 1


def test_words_that_are_too_many_end_in_dots_and_stay_in_their_rows():
    buffer, frame = blank()
    draw_words(frame, "word " * 60, 28)
    for y in range(28):
        assert not any([frame.pixel(x, y) for x in range(WIDTH)]), y
    full, frame = blank()
    draw_words(frame, "word " * 60, 28)
    assert full == buffer and any(full)


def test_a_drawing_leaves_nothing_of_the_one_before_and_little_garbage():
    buffer, frame = blank()
    for some in (views(), self_test_views()):
        for name, view in some:
            clean, other = blank()
            draw_view(other, view)
            frame.fill(1)
            gc.collect()
            before = gc.mem_alloc()
            draw_view(frame, view)
            used = gc.mem_alloc() - before
            assert used < DRAWING_HEAP_BYTES_MAX, (name, used)
            assert buffer == clean, name
