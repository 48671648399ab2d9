"""What each screen looks like: drawn into the board's frame buffer, which the board then shows."""

from framebuf import MONO_HLSB, MONO_VLSB, FrameBuffer

from firmware.faces import draw_face
from protocol.screen import (
    BUTTON_CENTRES,
    BUTTON_COUNT,
    FACE_RADIUS,
    FACES_HEIGHT,
    HEIGHT,
    MARK_HEIGHT,
    TEXT_WITH_FACES_HEIGHT,
    TEXT_WITH_MARKS_HEIGHT,
    WIDTH,
    WORD_WIDTH,
    button_of_option,
    label_left,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.questionnaire import Questionnaire

MARK_HALF_WIDTH = 4
LARGE_FACE_RADIUS = 15
LETTER_PIXELS = 8  # framebuf's own font: for staff, never for patients
SERVICE_LETTERS = WIDTH // LETTER_PIXELS
SERVICE_PITCH = 10
SERVICE_LINES = HEIGHT // SERVICE_PITCH


class Screens:
    """Draws a screen a call and shows nothing by itself. `frame`: 128 x 64, MONO_VLSB; a set pixel is lit."""

    def __init__(self, frame: FrameBuffer, width: int, height: int) -> None:
        if (width, height) != (WIDTH, HEIGHT):
            raise ValueError("screens are laid out for %d x %d, not %d x %d" % (WIDTH, HEIGHT, width, height))
        self._frame = frame
        self._inverted = FrameBuffer(bytearray(2), 2, 1, MONO_VLSB)  # a palette: unlit to lit, lit to unlit
        self._inverted.pixel(0, 0, 1)

    def use(self, questionnaire: "Questionnaire") -> None:
        """Where the pictures come from; needed by every screen but `service`."""
        self._questionnaire = questionnaire

    def start(self) -> None:
        """Nobody answers: what this is, and that any button begins."""
        self._with_marks("start")

    def question(self, question: int) -> None:
        """The question's text, and above each button the face or the word that it means."""
        pictures = self._questionnaire
        count = pictures.option_counts[question]
        self._frame.fill(0)
        if pictures.face(question, 1):
            self._text(pictures.question(question), TEXT_WITH_FACES_HEIGHT)
            middle = HEIGHT - FACES_HEIGHT + FACES_HEIGHT // 2
            for option in range(1, count + 1):
                x = BUTTON_CENTRES[button_of_option(count, option) - 1]
                draw_face(self._frame, x, middle, FACE_RADIUS, pictures.face(question, option))
            return
        room = max([pictures.size(pictures.label(question, option))[1] for option in range(1, count + 1)])
        self._text(pictures.question(question), TEXT_WITH_MARKS_HEIGHT - room)
        for option in range(1, count + 1):
            button = button_of_option(count, option)
            width, height = pictures.load(pictures.label(question, option))
            top = TEXT_WITH_MARKS_HEIGHT - room + (room - height) // 2
            self._key(width, height, label_left(width, button), top)
            self._mark(button)

    def chosen(self, question: int, option: int) -> None:
        """The word of the button that was pressed, large, with its face: did I press what I meant?"""
        pictures = self._questionnaire
        self._frame.fill(0)
        width, height = pictures.load(pictures.label(question, option))
        face = pictures.face(question, option)
        if face:
            middle = (WIDTH - WORD_WIDTH) // 2
            draw_face(self._frame, middle, HEIGHT // 2, LARGE_FACE_RADIUS, face)
            left = WIDTH - WORD_WIDTH + (WORD_WIDTH - width) // 2
            self._picture(width, height, left, (HEIGHT - height) // 2)
        else:
            self._doubled(width, height)

    def text(self, name: str) -> None:
        """`warning` before a time-out, `thanks` after the last answer, `full` when no more can be kept."""
        if name == "warning":
            self._with_marks(name)
            return
        self._frame.fill(0)
        self._text(self._questionnaire.text(name), HEIGHT)

    def service(self, message: str) -> None:
        """Plain words for staff, wrapped at 16 letters; what does not fit into six lines is left out."""
        self._frame.fill(0)
        lines = service_lines(message)[:SERVICE_LINES]
        top = (HEIGHT - SERVICE_PITCH * len(lines)) // 2 + 1
        for number, line in enumerate(lines):
            self._frame.text(line, 0, top + SERVICE_PITCH * number, 1)

    def _with_marks(self, name: str) -> None:
        """Any button goes on from here, so each has its mark."""
        self._frame.fill(0)
        self._text(self._questionnaire.text(name), TEXT_WITH_MARKS_HEIGHT)
        for button in range(1, BUTTON_COUNT + 1):
            self._mark(button)

    def _text(self, picture: int, room: int) -> None:
        """A picture in the middle of the topmost `room` rows."""
        width, height = self._questionnaire.load(picture)
        self._picture(width, height, (WIDTH - width) // 2, (room - height) // 2)

    def _picture(self, width: int, height: int, left: int, top: int) -> None:
        self._frame.blit((self._questionnaire.buffer, width, height, MONO_HLSB), left, top)

    def _key(self, width: int, height: int, left: int, top: int) -> None:
        """The loaded word dark on a bright key: what can be pressed is bright, what is asked is not."""
        self._frame.fill_rect(left - 1, top, width + 2, height, 1)
        word = (self._questionnaire.buffer, width, height, MONO_HLSB)
        self._frame.blit(word, left, top, -1, self._inverted)

    def _doubled(self, width: int, height: int) -> None:
        """The loaded picture in the middle, two by two for each of its pixels where there is room."""
        scale = 2 if 2 * width <= WIDTH and 2 * height <= HEIGHT else 1
        left, top = (WIDTH - scale * width) // 2, (HEIGHT - scale * height) // 2
        if scale == 1:
            self._picture(width, height, left, top)
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


def service_lines(message: str) -> "list[str]":
    """Words in lines of at most 16 letters; a longer word is broken."""
    lines = []
    line = ""
    for word in message.split():
        if line and len(line) + 1 + len(word) > SERVICE_LETTERS:
            lines.append(line)
            line = ""
        line = line + " " + word if line else word
        while len(line) > SERVICE_LETTERS:
            lines.append(line[:SERVICE_LETTERS])
            line = line[SERVICE_LETTERS:]
    if line:
        lines.append(line)
    return lines
