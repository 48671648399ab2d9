"""Every screen a patient sees: nothing touches an edge or anything else, and every mark leads to its button.

Drawn with pictures that are wholly lit inside their dark margin, as large as the typesetter may make them. What the
screens look like with real words in every language is compared pixel by pixel with tests/golden/screens.
"""

from framebuf import MONO_VLSB, FrameBuffer

from firmware.dialogue import (
    ASKING,
    BATTERY,
    CHOSEN,
    FULL,
    HANDOVER,
    IDLE,
    LANGUAGE,
    PROMISE,
    REFUSED,
    THANKS,
    WARNING,
)
from firmware.faces import draw_face
from firmware.language_choice import LANGUAGE_OPTIONS_MAX, LANGUAGES_A_PAGE, MORE, language_of
from firmware.screens import Screens
from protocol.screen import (
    BUTTON_CENTRES,
    FACE_SIZE,
    FACES_HEIGHT,
    HEIGHT,
    MARK_HEIGHT,
    TEXT_WITH_MARKS_HEIGHT,
    WIDTH,
    WORD_WIDTH,
    button_of_option,
)
from tests.firmware.blocks import FACES, Package, islands, states


def test_each_view_has_its_screen_and_says_which():
    package = Package(5, 1)
    expected = {
        (IDLE, 0): "idle",
        (ASKING, 0): "question",
        (CHOSEN, 0): "chosen",
        (WARNING, 0): "warning",
        (THANKS, 0): "thanks",
        (REFUSED, FULL): "full",
        (REFUSED, BATTERY): "battery",
        (HANDOVER, 0): "handover",
        (LANGUAGE, 0): "language",
        (PROMISE, 0): "promise",
    }
    for (state, question), name in expected.items():
        assert package.draw(state, question, 1 if state == CHOSEN else 0) == name
    package.close()


def test_texts_are_whole_and_touch_neither_an_edge_nor_anything_else():
    package = Package(2, 3)
    for view in states(package):
        package.draw(*view)
        for edge in ((0, 0, WIDTH, 1), (0, 0, 1, HEIGHT), (WIDTH - 1, 0, 1, HEIGHT), (0, HEIGHT - 1, WIDTH, 1)):
            if view[0] == ASKING and not max(FACES[view[1]]):
                continue  # keys may stand at an edge; the words on them do not
            assert package.lit(*edge) == 0, (view, edge)
    package.close()


def test_marks_for_every_button_stand_where_any_of_them_goes_on():
    package = Package(1, 4)
    for state, page, marks in (
        (IDLE, 0, 5),
        (PROMISE, 0, 5),
        (HANDOVER, 0, 5),
        (WARNING, 0, 5),
        (THANKS, 0, 0),
        (REFUSED, FULL, 0),
        (REFUSED, BATTERY, 0),
        (IDLE, 1, 0),  # a text as high as the screen
    ):
        package.draw(state, page)
        areas = islands(package)
        assert len(areas) == 1 + marks, (state, page)
        for centre, area in zip(BUTTON_CENTRES, sorted(areas[1:])):
            assert (area[0] + area[2]) // 2 == centre
            assert area[1] > HEIGHT - MARK_HEIGHT
    package.close()


def test_faces_are_24_pixels_each_stand_over_their_buttons_and_do_not_touch():
    package = Package()
    for question, faces in enumerate(FACES):
        if not max(faces):
            continue
        package.draw(ASKING, question)
        areas = sorted([area for area in islands(package) if area[1] >= HEIGHT - FACES_HEIGHT])
        assert len(areas) == len(faces)
        for option, (left, top, right, bottom) in enumerate(areas, 1):
            assert (right - left + 1, bottom - top + 1) == (FACE_SIZE, FACE_SIZE) == (24, 24)
            assert abs((left + right) / 2 - BUTTON_CENTRES[button_of_option(len(faces), option) - 1]) <= 1
    package.close()


def test_no_two_faces_look_alike_and_each_is_as_bright_as_its_opposite():
    seen = set()
    lit = {}
    for size in (24, 36):
        for face in range(6):
            buffer = bytearray(size * ((size + 7) // 8 * 8) // 8)
            frame = FrameBuffer(buffer, size, size, MONO_VLSB)
            draw_face(frame, 0, 0, size, face)
            seen.add(bytes(buffer))
            lit[(size, face)] = sum([frame.pixel(x, y) for x in range(size) for y in range(size)])
            if face:
                assert all(
                    [frame.pixel(x, y) == frame.pixel(size - 1 - x, y) for x in range(size) for y in range(size)]
                )
        for good, bad in ((5, 1), (4, 2)):
            assert abs(lit[(size, good)] - lit[(size, bad)]) < size, (size, good, bad)
    assert len(seen) == 12


def test_words_stand_on_bright_keys_over_their_buttons():
    package = Package()
    for question, faces in enumerate(FACES):
        if max(faces):
            continue
        package.draw(ASKING, question)
        for option in range(1, len(faces) + 1):
            centre = BUTTON_CENTRES[button_of_option(len(faces), option) - 1]
            assert package.frame.pixel(centre, TEXT_WITH_MARKS_HEIGHT - 20) == 1  # the key's margin
            assert package.frame.pixel(centre, TEXT_WITH_MARKS_HEIGHT - 10) == 0  # the word
            assert package.frame.pixel(centre, HEIGHT - MARK_HEIGHT + 1) == 1  # the mark
            assert package.lit(centre - 4, HEIGHT - MARK_HEIGHT, 9, 1) == 0
    package.close()


def test_the_chosen_word_is_large_and_its_face_stands_beside_it():
    package = Package(label_width=60)
    package.draw(CHOSEN, 0, 1)
    assert len(islands(package)) == 1
    assert package.lit(0, 0, WIDTH, HEIGHT) == 4 * 58 * 18  # twice as wide and high
    package.draw(CHOSEN, 1, 1)
    assert package.frame.pixel(WIDTH - WORD_WIDTH // 2, HEIGHT // 2) == 1
    face = sorted(islands(package))[0]
    assert (face[2] - face[0] + 1, face[3] - face[1] + 1) == (36, 36)
    assert face[2] < WIDTH - WORD_WIDTH
    package.close()


def test_names_of_languages_stand_on_keys_that_lead_to_their_buttons_and_touch_nothing():
    for languages in (2, 3, 4, 5, 8, 11):
        package = Package(languages)
        for page in range(-(-languages // LANGUAGES_A_PAGE)):
            package.draw(LANGUAGE, page)
            options = min(languages, LANGUAGE_OPTIONS_MAX)
            areas = sorted(islands(package))
            buttons = [
                button_of_option(options, option)
                for option in range(1, options + 1)
                if language_of(languages, page, option) >= 0 or (option == MORE and languages > LANGUAGES_A_PAGE)
            ]
            reached = []
            for left, _, right, bottom in areas:
                assert bottom == HEIGHT - 2, (languages, page, areas)
                centres = [b for b, x in enumerate(BUTTON_CENTRES, 1) if package.frame.pixel(x, bottom)]
                reached += [b for b in centres if left <= BUTTON_CENTRES[b - 1] <= right]
            assert len(areas) == len(buttons), (languages, page, areas)
            assert sorted(set(reached)) == buttons, (languages, page, reached)
        package.close()


def test_the_language_in_use_follows_the_view():
    package = Package(3)
    for language in (2, 0, 1, 0):
        package.draw(PROMISE, 0, 0, language)
        assert package.questionnaire.position == language
        assert package.questionnaire.language == language
    package.close()


def test_another_size_of_screen_is_refused_in_words():
    buffer = bytearray(1024)
    try:
        Screens(FrameBuffer(buffer, 64, 128, MONO_VLSB), 64, 128)
    except ValueError as error:
        assert str(error) == "screens are laid out for 128 x 64, not 64 x 128"
        return
    raise AssertionError("accepted")
