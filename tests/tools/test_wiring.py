"""docs/wiring.svg is drawn from the board's own table of pins, and the hardware pages keep what they promise."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.parts import ROOT
from tools.wiring import BOARD, DRAWING, drawing, pin_table

SOURCE = BOARD.read_text(encoding="utf-8")
DOCS = ROOT / "docs"
PIN = re.compile(r"GPIO (\d+)")
WIDTH_PER_LETTER = 9  # more than the drawing's letters need


def test_the_drawing_is_what_the_command_makes():
    assert DRAWING.read_text(encoding="utf-8") == drawing(pin_table(SOURCE)), "say: python -m tools.wiring --write"


def test_every_pin_of_the_table_is_in_the_drawing_once():
    table = pin_table(SOURCE)
    pins = [*table["BUTTON_PINS"], *(pin for name, pin in table.items() if name.endswith("_PIN"))]
    assert len(pins) == 11
    assert sorted(int(pin) for pin in PIN.findall(drawing(table))) == sorted(pins)


def test_a_pin_that_moves_in_the_board_moves_in_the_drawing():
    moved = pin_table(SOURCE.replace("LIGHT_PIN = 18", "LIGHT_PIN = 23"))
    assert "GPIO 23" in drawing(moved)
    assert "GPIO 18" not in drawing(moved)


def test_a_table_that_lacks_a_pin_is_refused():
    with pytest.raises(KeyError, match="BUZZER_PIN"):
        drawing(pin_table(SOURCE.replace("BUZZER_PIN = 19", "")))


def test_nothing_is_drawn_over_the_edge():
    tree = ET.fromstring(drawing(pin_table(SOURCE)))  # noqa: S314 - our own
    *_, width, height = (float(side) for side in tree.attrib["viewBox"].split())
    for shape in tree.iter("{*}text"):
        x, y = float(shape.attrib["x"]), float(shape.attrib["y"])
        room = {"start": width - x, "end": x, "middle": 2 * min(x, width - x)}[shape.attrib["text-anchor"]]
        assert 14 <= y <= height - 4, shape.text
        assert len(shape.text) * WIDTH_PER_LETTER * 0.85 <= room, shape.text


def test_the_first_run_has_an_expectation_and_a_result_in_every_line():
    lines = (DOCS / "first-run.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d+ \|", line)]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 40
    for number, do, expect, result in rows:
        assert do, number
        assert expect, number
        assert result == "not yet run", f"{number}: change this test when somebody has run it"
