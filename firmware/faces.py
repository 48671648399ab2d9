"""Five faces, from very bad to very good, drawn as bright discs: the mouth alone tells them apart, not their place."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from framebuf import FrameBuffer

VERY_BAD = 1
BAD = 2
NEITHER = 3
GOOD = 4
VERY_GOOD = 5

LOWER_HALF = 0b1100  # quadrants, as FrameBuffer.ellipse counts them
UPPER_HALF = 0b0011


def draw_face(frame: "FrameBuffer", x: int, y: int, radius: int, face: int) -> None:
    """A face of 2 * `radius` + 1 pixels about the middle (x, y). Very bad and very good have open mouths."""
    frame.ellipse(x, y, radius, radius, 1, True)
    eye = max(1, radius // 6)
    for side in (-1, 1):
        frame.ellipse(x + side * (radius * 3 // 8), y - radius * 3 // 8, eye, eye + eye // 2 + 1, 0, True)
    width = radius * 5 // 8
    if face == VERY_GOOD:
        frame.ellipse(x, y + radius // 6, width, radius * 5 // 8, 0, True, LOWER_HALF)
    elif face == VERY_BAD:
        frame.ellipse(x, y + radius * 3 // 4, width, radius * 5 // 8, 0, True, UPPER_HALF)
    elif face == NEITHER:
        thickness = max(2, radius // 5)
        frame.fill_rect(x - width, y + radius // 3, 2 * width + 1, thickness, 0)
    else:
        _curve(frame, x, y, radius, LOWER_HALF if face == GOOD else UPPER_HALF)


def _curve(frame: "FrameBuffer", x: int, y: int, radius: int, half: int) -> None:
    middle = y + (radius // 4 if half == LOWER_HALF else radius * 5 // 8)
    for thickness in range(max(2, radius // 5)):
        size = radius * 5 // 8 - thickness
        frame.ellipse(x, middle, size + thickness, radius // 3 + 1 - thickness, 0, False, half)
