"""Five faces, from very bad to very good, drawn as bright discs: mouths tell them apart, not places."""

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
    eye = max(1, radius // 7)
    for side in (-1, 1):
        frame.fill_rect(x + side * (radius * 3 // 8) - eye, y - radius // 2, 2 * eye + 1, 2 * eye + 2, 0)
    half_width = radius * 5 // 8
    thickness = max(3, radius // 4)
    if face == NEITHER:
        frame.fill_rect(x - half_width, y + radius // 3, 2 * half_width + 1, thickness, 0)
        return
    half = LOWER_HALF if face in (GOOD, VERY_GOOD) else UPPER_HALF
    height = half_width if face in (VERY_BAD, VERY_GOOD) else half_width - 1
    middle = y + radius // 4 if half == LOWER_HALF else y + radius * 5 // 8 + 1
    frame.ellipse(x, middle, half_width, height, 0, True, half)
    if face in (BAD, GOOD):  # a bent line: the inner part of the open mouth is filled in again
        frame.ellipse(x, middle, half_width - thickness + 1, height - thickness, 1, True, half)
