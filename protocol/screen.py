"""Where things stand on the screen: the device draws there, and the server refuses what would not fit.

The screen has 128 x 64 one-bit pixels. Five answer buttons stand under it, counted 1 to 5 from the left.
A question has its text at the top; below stand faces, or words on keys, over the buttons that mean them.
"""

WIDTH = 128
HEIGHT = 64
BUTTON_COUNT = 5
# What stands on the screen around the questions.
SCREEN_TEXTS = ("start", "promise", "handover", "warning", "thanks", "full", "battery")
BUTTON_CENTRES = (13, 39, 64, 89, 115)  # in pixels; the buttons stand 25.6 pixels apart

FACE_SIZE = 24  # the largest that leaves dark pixels between five faces in a row
FACES_HEIGHT = 26  # with a dark row above and below
MARK_HEIGHT = 6  # the little triangle that points from a word to its button, and the dark rows about it
LABEL_GAP = 6  # pixels between two words: each stands on a bright key that is a pixel wider on either side
TEXT_WITH_FACES_HEIGHT = HEIGHT - FACES_HEIGHT
TEXT_WITH_MARKS_HEIGHT = HEIGHT - MARK_HEIGHT
WORD_WIDTH = 90  # the chosen word, beside its large face
LANGUAGE_NAME_WIDTH = 59  # two beside each other, each on a key, with a line at the edge that leads to its button
LANGUAGE_NAME_HEIGHT = 21  # two above each other, and below them the key that turns the page

# Symmetrical, so that no option has the better place; the outermost first: they are the easiest to feel.
_BUTTONS = ((), (3,), (1, 5), (1, 3, 5), (1, 2, 4, 5), (1, 2, 3, 4, 5))


def button_of_option(count: int, option: int) -> int:
    """The button (1 to 5) of an option (from 1) of a question with `count` options (1 to 5)."""
    return _BUTTONS[count][option - 1]


def option_of_button(count: int, button: int) -> int:
    """The option (from 1) that a button stands for; 0 for a button that stands for none."""
    buttons = _BUTTONS[count]
    return buttons.index(button) + 1 if button in buttons else 0


def label_left(width: int, button: int) -> int:
    """The first column of a word: over the middle of its button, as far as its key stays on the screen."""
    return min(max(BUTTON_CENTRES[button - 1] - width // 2, 1), WIDTH - 1 - width)
