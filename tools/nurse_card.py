"""Makes the page for the nurse's bag: what the staff's buttons do, with pictures of the real screens.

  python -m tools.nurse_card            print the page (HTML, nothing in it comes from elsewhere)
  python -m tools.nurse_card --write    and keep it as docs/nurse-card.html

Any browser prints it on one side of A4. The pictures are the golden ones: the firmware drew them in the real
MicroPython, and the tests compare every pixel of them with what it draws today.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
CARD = PROJECT / "docs" / "nurse-card.html"
PICTURES = PROJECT / "tests" / "golden" / "staff"
MAGIC = b"P4"
FRAME = 4  # dark pixels around a picture, as the screen's glass has them


class Step(NamedTuple):
    """What a nurse does, in words, and the screens that she meets: (golden picture, what it shows)."""

    title: str
    words: str
    pictures: tuple[tuple[str, str], ...]


OPENING = """Hold the <b>first and the last answer button</b> together for two seconds. One of them is stuck? Press
another, then hold the small and at once the middle button for five. The screen numbers the answer buttons from the
left. The <b>small button</b> goes back; held, it leaves at once. After 30 seconds without a press all closes."""
MENU = "The menu: 1 Home visit, 2 Declined, 3 Helped, 4 Status, 5 More"

STEPS = (
    Step("Staff: the way in", OPENING, (("menu-1", MENU),)),
    Step(
        "Home visit: 1",
        """Two presses: open the staff functions, press 1. Hand the device over. It is locked for the patient: after the
thank-you it comes back to this screen. To end the visit, hold the first and the last button again.""",
        (("patient-handover", "What the patient sees first"),),
    ),
    Step(
        "Somebody declines: 2",
        """Declining is fine. Press 2, then 1: it is counted, with nothing about who. 5 goes back and counts
nothing.""",
        (("declined", "It asks once"),),
    ),
    Step(
        "You help: 3",
        """When you read the questions out or press for the patient, press 3 <b>before</b> they begin. Only the next
answers are marked. A tick shows the mark; 3 again takes it off.""",
        (("menu-1-helped", "The tick: the next answers will be marked"),),
    ),
    Step(
        "Is all well? 4",
        """Answers that wait here; the last delivery; battery; room for more; clock and version; Wi-Fi and server. Any
answer button shows more. Answers that wait are safe: they stay until the server has them.""",
        (("status-1", "The status"),),
    ),
    Step(
        "Send now: 5, then 1",
        """It sends by itself. Send now before a device is put away for days, and when Status says that many answers
wait. Any press stops it; nothing is lost.""",
        (("sending", "Sending"),),
    ),
    Step(
        "Team and stage: 5, then 2 or 3",
        """On a shared device choose the team before the first patient and, where your service counts it, the stage of
the journey. The tick marks what holds; a stage ends with its home visit. What this device has no use for is missing
from its menu.""",
        (("team", "The teams, with a tick"),),
    ),
    Step(
        "Wipe down: 5, then 4",
        """The buttons are dead for 30 seconds and come back by themselves. Wipe screen and buttons with what your ward
uses, after everybody who held the device.""",
        (("wipe-30", "The seconds that are left"),),
    ),
    Step(
        "Checklists: 5, 5, then 1",
        """Choose one and answer it yourself. Checklists are kept apart from what patients say. On the same page 2 tests
the device, for technicians, and 3 says what it is.""",
        (("audit", "The checklists"),),
    ),
)

ADVICE = (
    ("No more room · Battery is low", "Nothing is lost. It takes no new answers: send now, or charge it."),
    (
        "Not sent: press 5",
        "The next page says why. Go where there is Wi-Fi and send now. Still not sent tomorrow: tell your technician.",
    ),
    ("Clock not set", "Send now. The times of the answers are put right afterwards."),
    (
        "No settings · No identity · Journal of device …",
        "For a technician. Nobody may erase anything: there may be answers on it.",
    ),
)
PROMISE = """Tell every patient: no names, nobody can see who answered, your care will not change. It is <b>not for
urgent help</b>: whoever is worried presses the call bell or asks you. Let them answer alone. Good and bad answers are
equally welcome."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>PET: the nurse's card</title>
<style>
@page {{ size: A4; margin: 9mm; }}
body {{ font: 9.4pt/1.28 Arial, Helvetica, sans-serif; margin: 0 auto; max-width: 192mm; }}
body {{ color: #000; background: #fff; }}
h1 {{ font-size: 17pt; margin: 0 0 1mm; }}
h2 {{ font-size: 11.5pt; margin: 0 0 .6mm; }}
p {{ margin: 0 0 1.2mm; }}
.steps {{ display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 3mm 5mm; }}
section {{ border-top: .6mm solid #000; padding-top: 1mm; break-inside: avoid; }}
figure {{ margin: 0 0 1mm; }}
svg {{ display: block; width: 84%; height: auto; }}
figcaption {{ font-size: 8pt; }}
table {{ border-collapse: collapse; width: 100%; margin: 2.5mm 0; }}
th, td {{ text-align: left; vertical-align: top; padding: .7mm 1.5mm .7mm 0; border-top: .25mm solid #000; }}
th {{ width: 36%; }}
.promise {{ border: .6mm solid #000; padding: 1.5mm 2mm; margin: 0; }}
</style>
</head>
<body>
<h1>PET: the nurse's card</h1>
<div class="steps">
{steps}
</div>
<table>
{advice}
</table>
<p class="promise">{promise}</p>
</body>
</html>
"""


def card() -> str:
    """The page. Raises LookupError when a picture is missing."""
    return PAGE.format(
        steps="\n".join(_step(step) for step in STEPS),
        advice="\n".join(f'<tr><th scope="row">{said}</th><td>{do}</td></tr>' for said, do in ADVICE),
        promise=PROMISE,
    )


def _step(step: Step) -> str:
    pictures = "\n".join(
        f"<figure>{drawing(picture_file(name).read_bytes(), words)}<figcaption>{escape(words)}</figcaption></figure>"
        for name, words in step.pictures
    )
    return f"<section>\n<h2>{step.title}</h2>\n<p>{step.words}</p>\n{pictures}\n</section>"


def picture_file(name: str) -> Path:
    """The golden picture of that name. Raises LookupError."""
    file = PICTURES / f"{name}.pbm"
    if not file.exists():
        raise LookupError(f"no picture {name}: draw the golden screens (tests/golden/staff/renew.py)")
    return file


def drawing(picture: bytes, words: str) -> str:
    """A PBM picture as SVG: a dark glass, and a path of one rectangle for each run of lit pixels."""
    magic, size, rows = picture.split(b"\n", 2)
    width, height = (int(number) for number in size.split())
    if magic != MAGIC or len(rows) != (width + 7) // 8 * height:
        raise ValueError("not a binary PBM picture")
    runs = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in _runs(rows, width, height))
    glass = f"{-FRAME} {-FRAME} {width + 2 * FRAME} {height + 2 * FRAME}"
    return (
        f'<svg viewBox="{glass}" role="img" aria-label="{escape(words)}" shape-rendering="crispEdges">'
        f'<rect x="{-FRAME}" y="{-FRAME}" width="{width + 2 * FRAME}" height="{height + 2 * FRAME}" rx="3"/>'
        f'<path fill="#fff" d="{runs}"/></svg>'
    )


def _runs(rows: bytes, width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """(column, row, length) of lit pixels side by side."""
    for y in range(height):
        start = y * ((width + 7) // 8)
        lit = "".join(f"{byte:08b}" for byte in rows[start : start + (width + 7) // 8])[:width]
        x = 0
        while (x := lit.find("1", x)) >= 0:
            end = (lit + "0").find("0", x)
            yield x, y, end - x
            x = end


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 2 when a picture is missing."""
    parser = argparse.ArgumentParser(description="Make the page for the nurse's bag.")
    parser.add_argument("--write", action="store_true", help="keep it as docs/nurse-card.html")
    try:
        page = card()
    except LookupError as missing:
        print(missing, file=sys.stderr)
        return 2
    if parser.parse_args(arguments).write:
        CARD.write_text(page, encoding="utf-8")
    else:
        print(page, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
