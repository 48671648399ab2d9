"""What each screen looks like: drawn into the board's frame buffer, which the board then shows."""

from framebuf import MONO_HLSB, MONO_VLSB, FrameBuffer

from firmware.dialogue import ASKING, BATTERY, CHOSEN, IDLE, LANGUAGE, REFUSED, THANKS
from firmware.faces import draw_face
from firmware.language_choice import LANGUAGE_OPTIONS_MAX, LANGUAGES_A_PAGE, MORE, language_of
from protocol.screen import (
    BUTTON_CENTRES,
    BUTTON_COUNT,
    FACE_SIZE,
    FACES_HEIGHT,
    HEIGHT,
    LANGUAGE_NAME_HEIGHT,
    MARK_HEIGHT,
    SCREEN_TEXTS,
    TEXT_WITH_FACES_HEIGHT,
    TEXT_WITH_MARKS_HEIGHT,
    WIDTH,
    WORD_WIDTH,
    button_of_option,
    label_left,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.dialogue import View
    from firmware.questionnaire import Questionnaire
    from firmware.texts import Texts

# By the number of the state; those of them that are one text have its name.
SCREENS = ("idle", "question", "chosen", "warning", "", "thanks", "full", "handover", "language", "promise")
MARK_HALF_WIDTH = 4
LARGE_FACE_SIZE = 36
# Languages stand over the outer buttons in an upper row, over the inner ones in a lower row: for each button where
# its name may begin and must end, and where the pole stands that leads down to it.
NAME_BEGINS = (2, 3, 3, 66, 66)
NAME_ENDS = (62, 62, 125, 125, 126)
POLES = (0, 38, 63, 88, 126)
POLE_WIDTH = 2
FOOT = HEIGHT - MARK_HEIGHT + 1  # where the marks begin
NAMES_PITCH = LANGUAGE_NAME_HEIGHT + 2
MORE_TOP = 2 * NAMES_PITCH
MORE_HEIGHT = 11
DOT_PIXELS = 3


class Screens:
    """Draws a screen a call and shows nothing by itself. `frame`: 128 x 64, MONO_VLSB; a set pixel is lit."""

    def __init__(self, frame: FrameBuffer, width: int, height: int) -> None:
        if (width, height) != (WIDTH, HEIGHT):
            raise ValueError("screens are laid out for %d x %d, not %d x %d" % (WIDTH, HEIGHT, width, height))
        self._frame = frame
        self._inverted = FrameBuffer(bytearray(2), 2, 1, MONO_VLSB)  # a palette: unlit to lit, lit to unlit
        self._inverted.pixel(0, 0, 1)

    def use(self, questionnaire: "Questionnaire", texts: "Texts | None" = None) -> None:
        """Where the pictures come from; needed before anything is drawn."""
        self._questionnaire = questionnaire
        self._texts = texts

    def draw(self, view: "View", language: int) -> str:
        """What the dialogue wants on the screen, in the language at this position; what that screen is called."""
        if language != self._questionnaire.position:
            self._questionnaire.use_language(language)
        state = view.state
        name = SCREENS[state]
        self._frame.fill(0)
        if state == IDLE:
            self._idle(view.question)
        elif state == LANGUAGE:
            self._languages(view.question)
        elif state == ASKING:
            self._question(view.question)
        elif state == CHOSEN:
            self._chosen(view.question, view.option)
        else:
            if state == REFUSED and view.question == BATTERY:
                name = "battery"
            size = self._questionnaire.load(SCREEN_TEXTS.index(name))
            if state in (THANKS, REFUSED):  # where a press begins or continues nothing
                self._text(size, HEIGHT)
            else:
                self._any_button_below(size)
        return name

    def _idle(self, page: int) -> None:
        """Nobody answers: what this is, in each language, and what became of earlier answers."""
        languages = self._questionnaire.language_count()
        if page < languages:
            size = self._questionnaire.load(2 * page, True)
        else:
            assert self._texts is not None
            size = self._texts.load(page - languages)
        self._any_button_below(size)

    def _languages(self, page: int) -> None:
        """What each language calls itself, on keys with a pole to the button that chooses it."""
        languages = self._questionnaire.language_count()
        options = min(languages, LANGUAGE_OPTIONS_MAX)
        more = languages > LANGUAGES_A_PAGE
        top = 0 if more else MARK_HEIGHT if languages > 2 else NAMES_PITCH  # two stand in one row, near their buttons
        for option in range(1, options + 1):
            button = button_of_option(options, option)
            position = language_of(languages, page, option)
            if position >= 0:
                self._name(position, button, top)
            elif more and option == MORE:
                self._more(button)

    def _question(self, question: int) -> None:
        """The question's text, and above each button the face or the word that it means."""
        pictures = self._questionnaire
        count = pictures.option_counts[question]
        options = range(1, count + 1)
        if max([pictures.face(question, option) for option in options]):
            self._text(pictures.load(pictures.question(question)), TEXT_WITH_FACES_HEIGHT)
            for option in options:
                left = BUTTON_CENTRES[button_of_option(count, option) - 1] - FACE_SIZE // 2
                top = HEIGHT - FACES_HEIGHT + (FACES_HEIGHT - FACE_SIZE) // 2
                draw_face(self._frame, left, top, FACE_SIZE, pictures.face(question, option))
            return
        room = max([pictures.height(pictures.label(question, option)) for option in options])
        self._text(pictures.load(pictures.question(question)), TEXT_WITH_MARKS_HEIGHT - room)
        for option in options:
            button = button_of_option(count, option)
            width, height = pictures.load(pictures.label(question, option))
            left = label_left(width, button)
            top = TEXT_WITH_MARKS_HEIGHT - room + (room - height) // 2
            self._frame.fill_rect(left - 1, top, width + 2, height, 1)
            self._dark(width, height, left, top)
            self._mark(button)

    def _chosen(self, question: int, option: int) -> None:
        """The word of the button that was pressed, large, with its face: did I press what I meant?"""
        pictures = self._questionnaire
        width, height = pictures.load(pictures.label(question, option))
        options = range(1, pictures.option_counts[question] + 1)
        if max([pictures.face(question, each) for each in options]):
            column = WIDTH - WORD_WIDTH
            left, top = (column - LARGE_FACE_SIZE) // 2, (HEIGHT - LARGE_FACE_SIZE) // 2
            draw_face(self._frame, left, top, LARGE_FACE_SIZE, pictures.face(question, option))
            self._text((width, height), HEIGHT, column)
        else:
            self._doubled(width, height)

    def _any_button_below(self, size: "tuple[int, int]") -> None:
        """The loaded picture, and a mark for each button, where there is room: any of them goes on from here."""
        if size[1] > TEXT_WITH_MARKS_HEIGHT:
            self._text(size, HEIGHT)
            return
        self._text(size, TEXT_WITH_MARKS_HEIGHT)
        for button in range(1, BUTTON_COUNT + 1):
            self._mark(button)

    def _name(self, position: int, button: int, top: int) -> None:
        width, height = self._questionnaire.load(2 * position + 1, True)
        centre, pole = BUTTON_CENTRES[button - 1], POLES[button - 1]
        outer = button in (1, BUTTON_COUNT)
        if not outer:
            top += NAMES_PITCH
        left = min(max(centre - width // 2, NAME_BEGINS[button - 1]), NAME_ENDS[button - 1] - width)
        self._frame.fill_rect(pole, top, POLE_WIDTH, FOOT - top, 1)
        self._frame.fill_rect(left, top, width, LANGUAGE_NAME_HEIGHT, 1)
        self._dark(width, height, left, top + (LANGUAGE_NAME_HEIGHT - height) // 2)
        if outer:  # the pole stands at the edge, so that the lower row has room, and bends to its button
            self._frame.fill_rect(min(pole, centre), FOOT, abs(pole - centre) + POLE_WIDTH, POLE_WIDTH, 1)
        self._mark(button)

    def _more(self, button: int) -> None:
        """A key with three dots: there are more languages."""
        centre = BUTTON_CENTRES[button - 1]
        self._frame.fill_rect(POLES[button - 1], MORE_TOP, POLE_WIDTH, FOOT - MORE_TOP, 1)
        self._frame.fill_rect(centre - 4 * DOT_PIXELS - 1, MORE_TOP, 8 * DOT_PIXELS + 3, MORE_HEIGHT, 1)
        for dot in (-2, 0, 2):
            left = centre + (2 * dot - 1) * DOT_PIXELS // 2
            self._frame.fill_rect(left, MORE_TOP + (MORE_HEIGHT - DOT_PIXELS) // 2, DOT_PIXELS, DOT_PIXELS, 0)
        self._mark(button)

    def _text(self, size: "tuple[int, int]", room: int, column: int = 0) -> None:
        """The loaded picture in the middle of the topmost `room` rows, from this column on."""
        width, height = size
        left = column + (WIDTH - column - width) // 2
        self._frame.blit((self._questionnaire.buffer, width, height, MONO_HLSB), left, (room - height) // 2)

    def _dark(self, width: int, height: int, left: int, top: int) -> None:
        """The loaded picture, dark on its key: what can be pressed is bright, what is asked is not."""
        picture = (self._questionnaire.buffer, width, height, MONO_HLSB)
        self._frame.blit(picture, left, top, -1, self._inverted)

    def _doubled(self, width: int, height: int) -> None:
        """The loaded picture in the middle, two by two for each of its pixels where there is room."""
        left, top = WIDTH // 2 - width, HEIGHT // 2 - height
        if left < 0 or top < 0:
            self._text((width, height), HEIGHT)
            return
        source = FrameBuffer(self._questionnaire.buffer, width, height, MONO_HLSB)
        for y in range(height):
            for x in range(width):
                if source.pixel(x, y):
                    self._frame.fill_rect(left + 2 * x, top + 2 * y, 2, 2, 1)

    def _mark(self, button: int) -> None:
        """A triangle at the bottom that points down at the button."""
        x = BUTTON_CENTRES[button - 1]
        for row in range(MARK_HALF_WIDTH):
            half = MARK_HALF_WIDTH - row
            self._frame.hline(x - half, HEIGHT - MARK_HEIGHT + 1 + row, 2 * half + 1, 1)
