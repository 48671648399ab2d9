"""What makes a pass doubtful: flags of its record. A doubtful pass is kept and counted apart, never dropped.

Nobody is judged: a child at the buttons, a member of staff who presses for others and a patient who cannot see all
look like this. The server leaves such passes out of its figures unless it is asked for them, and says how many.
"""

from protocol.record import FLAG_BURST, FLAG_TOO_FAST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Ticks

TOO_FAST_MS = 1000  # a question answered faster was not read
# So many passes in a row, begun and ended in less than so much time a question, are no queue of people: to read up to
# 20 words takes six seconds, to press and to hand the device on takes two. Of five questions: 5 passes in 200 s.
BURST_PASSES = 5
BURST_QUESTION_MS = 8000


def misuse_of(begun_ms: "list[int]", now_ms: int, questions: int, ticks_diff: "Ticks") -> int:
    """FLAG_TOO_FAST and FLAG_BURST, as far as they hold for a pass of so many questions that is complete now.

    `begun_ms`: when it began, and before it when the last few did; what is not needed any more is taken out.
    """
    flags = FLAG_TOO_FAST if ticks_diff(now_ms, begun_ms[-1]) < TOO_FAST_MS * questions else 0
    burst_ms = BURST_PASSES * BURST_QUESTION_MS * questions
    if len(begun_ms) == BURST_PASSES and 0 <= ticks_diff(now_ms, begun_ms.pop(0)) < burst_ms:
        flags |= FLAG_BURST
    return flags
