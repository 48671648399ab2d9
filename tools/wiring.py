"""Draws the handheld's wiring from the table of pins in firmware/board/esp32.py, as docs/wiring.svg.

  python -m tools.wiring            print the drawing
  python -m tools.wiring --write    and keep it

The table is read, not imported: only a device can import it. A pin that moves there moves here.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
BOARD = ROOT / "firmware" / "board" / "esp32.py"
DRAWING = ROOT / "docs" / "wiring.svg"

WIDTH = 1120
HEIGHT = 800
CHIP_LEFT = 470
CHIP_RIGHT = 650
CHIP_TOP = 70
CHIP_BOTTOM = 740
FIRST_ROW = 130
ROW_STEP = 100
LABEL_GAP = 8
BUTTON_NAMES = ("Answer 1 (leftmost)", "Answer 2", "Answer 3", "Answer 4", "Answer 5 (rightmost)", "Control (smaller)")

Pins = dict[str, int | tuple[int, ...]]


def pin_table(source: str) -> Pins:
    """`..._PIN` and `..._PINS` of the board's source. Raises KeyError in `drawing` when one is missing."""
    table: Pins = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name.endswith(("_PIN", "_PINS")):
                table[name] = ast.literal_eval(statement.value)
    return table


class Pen:
    """Collects the shapes of a drawing."""

    def __init__(self) -> None:
        self.shapes: list[str] = []

    def line(self, *points: tuple[float, float]) -> None:
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.shapes.append(f'<polyline points="{path}"/>')

    def box(self, x: float, y: float, width: float, height: float, kind: str = "part") -> None:
        self.shapes.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>')

    def text(self, x: float, y: float, words: str, anchor: str = "start", kind: str = "label") -> None:
        self.shapes.append(f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>')

    def dot(self, x: float, y: float) -> None:
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="4"/>')

    def ground(self, x: float, y: float) -> None:
        """The symbol, its stem from `y` downwards."""
        self.line((x, y), (x, y + 8))
        for half, step in ((12, 8), (8, 13), (4, 18)):
            self.line((x - half, y + step), (x + half, y + step))

    def supply(self, x: float, y: float, name: str = "3.3 V") -> None:
        """The symbol, its stem from `y` upwards."""
        self.line((x, y), (x, y - 12))
        self.line((x - 10, y - 12), (x + 10, y - 12))
        self.text(x, y - 18, name, "middle")

    def resistor(self, x: float, y: float, value: str, *, upright: bool = True) -> None:
        """From (x, y) downwards or to the right, 60 long; its value beside it."""
        if upright:
            self.line((x, y), (x, y + 12))
            self.box(x - 7, y + 12, 14, 36)
            self.line((x, y + 48), (x, y + 60))
            self.text(x + 14, y + 35, value)
        else:
            self.line((x, y), (x + 12, y))
            self.box(x + 12, y - 7, 36, 14)
            self.line((x + 48, y), (x + 60, y))
            self.text(x + 30, y - 14, value, "middle")

    def capacitor(self, x: float, y: float, value: str) -> None:
        """From (x, y) downwards, 60 long."""
        self.line((x, y), (x, y + 26))
        self.line((x - 12, y + 26), (x + 12, y + 26))
        self.line((x - 12, y + 34), (x + 12, y + 34))
        self.line((x, y + 34), (x, y + 60))
        self.text(x + 18, y + 35, value)


def drawing(pins: Pins) -> str:
    """The whole SVG."""
    pen = Pen()
    buttons = pins["BUTTON_PINS"]
    assert isinstance(buttons, tuple)
    _chip(pen)
    for row, (pin, name) in enumerate(zip(buttons, BUTTON_NAMES, strict=True)):
        _button(pen, FIRST_ROW + row * ROW_STEP, pin, name)
    _display(pen, pins["DISPLAY_DATA_PIN"], pins["DISPLAY_CLOCK_PIN"])
    _light(pen, pins["LIGHT_PIN"])
    _buzzer(pen, pins["BUZZER_PIN"])
    _battery(pen, pins["BATTERY_PIN"])
    return _svg(pen.shapes)


def _svg(shapes: Iterable[str]) -> str:
    style = (
        "polyline{fill:none;stroke:#111;stroke-width:2}"
        "rect{fill:#fff;stroke:#111;stroke-width:2}rect.paper{stroke:none}rect.chip{fill:#f2f2f2;stroke-width:3}"
        "circle{fill:#111}text{font-family:sans-serif;font-size:15px;fill:#111}"
        "text.title{font-size:20px;font-weight:bold}text.pin{font-weight:bold}text.note{font-size:14px}"
    )
    title = "Wiring of the handheld: six buttons, display, light, buzzer and battery on an ESP32"
    return "\n".join(
        (
            "<!-- Made by python -m tools.wiring from firmware/board/esp32.py; do not edit. -->",
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            f'<rect class="paper" x="0" y="0" width="{WIDTH}" height="{HEIGHT}"/>',
            *shapes,
            "</svg>",
            "",
        )
    )


def _chip(pen: Pen) -> None:
    middle = (CHIP_LEFT + CHIP_RIGHT) / 2
    pen.box(CHIP_LEFT, CHIP_TOP, CHIP_RIGHT - CHIP_LEFT, CHIP_BOTTOM - CHIP_TOP, "chip")
    pen.text(middle - 20, CHIP_TOP - 40, "ESP32", "middle", "title")
    pen.text(middle - 20, CHIP_TOP - 18, "WROOM-32E", "middle", "note")
    pen.supply(CHIP_RIGHT - 30, CHIP_TOP)
    pen.ground(middle, CHIP_BOTTOM)
    pen.text(middle + 20, CHIP_BOTTOM + 18, "all grounds are one", "start", "note")
    pen.text(
        30,
        HEIGHT - 16,
        "Buttons are active high: each closes to 3.3 V, and its 10 kΩ holds it low when open.",
        "start",
        "note",
    )


def _pin(pen: Pen, y: float, pin: object, *, left: bool) -> None:
    if left:
        pen.text(CHIP_LEFT + LABEL_GAP, y + 5, f"GPIO {pin}", "start", "pin")
    else:
        pen.text(CHIP_RIGHT - LABEL_GAP, y + 5, f"GPIO {pin}", "end", "pin")


def _button(pen: Pen, y: float, pin: int, name: str) -> None:
    node = 400
    pen.supply(60, y)
    pen.line((60, y), (150, y))
    for contact in (150, 200):
        pen.dot(contact, y)
    pen.line((150, y - 14), (200, y - 14))  # the bar that the finger brings down
    pen.line((175, y - 14), (175, y - 26))
    pen.line((200, y), (CHIP_LEFT, y))
    pen.text(215, y - 12, name)
    pen.dot(node, y)
    pen.resistor(node, y, "10 kΩ")
    pen.ground(node, y + 60)
    _pin(pen, y, pin, left=True)


def _display(pen: Pen, data: object, clock: object) -> None:
    left, top = 850, 80
    pen.box(left, top, 230, 150)
    pen.text(left + 115, top + 60, "Display, 128 x 64", "middle", "title")
    pen.text(left + 115, top + 84, "SSD1306, SH1106 or SSD1309", "middle", "note")
    pen.text(left + 115, top + 104, "I²C, address 0x3C", "middle", "note")
    for y, pin, name in ((top + 25, data, "SDA"), (top + 60, clock, "SCL")):
        pen.line((CHIP_RIGHT, y), (left, y))
        pen.text(left - LABEL_GAP, y - 6, name, "end")
        _pin(pen, y, pin, left=False)
    pen.supply(left - 60, top + 125)
    pen.line((left - 60, top + 125), (left, top + 125))
    pen.text(left + LABEL_GAP, top + 130, "VCC")
    pen.ground(left + 190, top + 150)
    pen.text(left + 180, top + 144, "GND", "end")


def _light(pen: Pen, pin: object) -> None:
    y = 310
    pen.line((CHIP_RIGHT, y), (740, y))
    pen.resistor(740, y, "1 kΩ", upright=False)
    pen.line((800, y), (850, y))
    pen.line((850, y - 14), (850, y + 14), (876, y), (850, y - 14))
    pen.line((876, y - 14), (876, y + 14))
    pen.line((876, y), (920, y))
    pen.ground(920, y)
    pen.text(863, y - 24, "light (LED)", "middle")
    pen.text(945, y + 5, "not fitted: leave open", "start", "note")
    _pin(pen, y, pin, left=False)


def _buzzer(pen: Pen, pin: object) -> None:
    y = 420
    pen.line((CHIP_RIGHT, y), (740, y))
    pen.resistor(740, y, "100 Ω", upright=False)
    pen.line((800, y), (840, y))
    pen.box(840, y - 20, 50, 40)
    pen.text(865, y + 6, "piezo", "middle", "note")
    pen.text(840, y - 28, "buzzer, without an oscillator of its own")
    pen.line((890, y), (920, y))
    pen.ground(920, y)
    pen.text(945, y + 5, "not fitted: leave open", "start", "note")
    _pin(pen, y, pin, left=False)


def _battery(pen: Pen, pin: object) -> None:
    node, y, cell = 760, 600, 950
    pen.line((CHIP_RIGHT, y), (node, y))
    pen.dot(node, y)
    pen.line((node, 520), (node, y - 60))
    pen.resistor(node, y - 60, "1 MΩ")
    pen.resistor(node, y, "1 MΩ")
    pen.ground(node, y + 60)
    pen.line((node, y), (700, y), (700, y + 10))
    pen.dot(700, y)
    pen.capacitor(700, y + 10, "")
    pen.text(700, y + 108, "100 nF", "middle")
    pen.ground(700, y + 70)
    pen.line((node, 520), (cell + 75, 520))
    pen.dot(cell, 520)
    pen.line((cell, 520), (cell, 560))
    for at, half in ((560, 22), (570, 12)):
        pen.line((cell - half, at), (cell + half, at))
    pen.line((cell, 570), (cell, 600))
    pen.ground(cell, 600)
    pen.text(cell - 30, 556, "+", "end")
    pen.text(cell + 30, 592, "lithium cell,", "start", "note")
    pen.text(cell + 30, 610, "protected", "start", "note")
    pen.box(cell + 75, 495, 85, 50)
    pen.text(cell + 117, 517, "3.3 V", "middle")
    pen.text(cell + 117, 536, "regulator", "middle", "note")
    pen.line((cell + 117, 495), (cell + 117, 480))
    pen.supply(cell + 117, 480)
    pen.ground(cell + 140, 545)
    pen.text(node + 60, y + 70, "not fitted: tie this GPIO to ground", "start", "note")
    _pin(pen, y, pin, left=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0."""
    parser = argparse.ArgumentParser(description="The wiring, drawn from the board's table of pins.")
    parser.add_argument("--write", action="store_true", help="keep it as docs/wiring.svg")
    drawn = drawing(pin_table(BOARD.read_text(encoding="utf-8")))
    if parser.parse_args(arguments).write:
        DRAWING.write_text(drawn, encoding="utf-8")
    else:
        print(drawn, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
