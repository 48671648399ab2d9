"""Five faces, from very bad to very good, drawn as bright discs: mouths tell them apart, not places."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from framebuf import FrameBuffer

NONE = 0  # an option of a scale that is not on it, such as "don't know": a question mark
VERY_BAD = 1
BAD = 2
NEITHER = 3
GOOD = 4
VERY_GOOD = 5

LOWER_HALF = 0b1100  # quadrants, as FrameBuffer.ellipse counts them
UPPER_HALF = 0b0011
ALL_BUT_LOWER_LEFT = 0b1011


def draw_face(frame: "FrameBuffer", left: int, top: int, size: int, face: int) -> None:
    """A face of `size` x `size` pixels, an even number. Very bad and very good have open mouths."""
    radius = size // 2 - 1
    x = left + radius  # an even size has two middle columns and rows: this one and the next
    y = top + radius
    for row in (y, y + 1):
        _wide(frame, x, row, radius, radius, 1)
    half_width = radius * 5 // 8
    thickness = max(3, radius // 4)
    if face == NONE:
        middle = y - radius // 4
        _wide(frame, x, middle, half_width - 1, half_width - 1, 0, ALL_BUT_LOWER_LEFT)
        _wide(frame, x, middle, half_width - 1 - thickness, half_width - 1 - thickness, 1)
        frame.fill_rect(x - thickness // 2, middle + half_width - thickness, thickness + 1, thickness + 1, 0)
        frame.fill_rect(x - thickness // 2, y + radius - thickness - 1, thickness + 1, thickness, 0)
        return
    eye = max(1, radius // 7)
    for eye_x in (x - radius * 3 // 8 - eye, x + 1 + radius * 3 // 8 - eye):
        frame.fill_rect(eye_x, y - radius // 2, 2 * eye + 1, 2 * eye + 2, 0)
    if face == NEITHER:
        frame.fill_rect(x - half_width, y + radius // 3, 2 * half_width + 2, thickness, 0)
        return
    half = LOWER_HALF if face in (GOOD, VERY_GOOD) else UPPER_HALF
    height = half_width if face in (VERY_BAD, VERY_GOOD) else half_width - 1
    middle = y + radius // 4 if half == LOWER_HALF else y + radius * 5 // 8 + 1
    _wide(frame, x, middle, half_width, height, 0, half)
    if face in (BAD, GOOD):  # a bent line: the inner part of the open mouth is filled in again
        _wide(frame, x, middle, half_width - thickness + 1, height - thickness, 1, half)


def _wide(
    frame: "FrameBuffer", x: int, y: int, half_width: int, half_height: int, colour: int, quadrants: int = 15
) -> None:
    """A filled ellipse about two middle columns."""
    frame.ellipse(x, y, half_width, half_height, colour, True, quadrants)
    frame.ellipse(x + 1, y, half_width, half_height, colour, True, quadrants)
