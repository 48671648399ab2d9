"""What a state machine of the staff side wants on the screen, and firmware/staff_screens.py draws."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Name for `Board.show`; form, see below; text, in which a tab parts what stands at the right from the rest of its
    # line; the line that gets a tick, outside of the screen for none.
    View = tuple[str, int, str, int]

KEYS = 0  # lines; those that begin with a digit are the rows that a button chooses
LINES = 1
WORDS = 2  # sentences, wrapped
COUNT = 3  # a number, large, and a line of words
LIT = 4  # every pixel
DARK = 5  # none
CHECKER = 6  # every other one
