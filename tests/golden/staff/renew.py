"""Draws the golden screens of the staff side anew with the real MicroPython, and one sheet of them all to look at.

Say `.venv/bin/python tests/golden/staff/renew.py SHEET.png`, look at the sheet, and commit what is good. Then say
`.venv/bin/python -m tools.nurse_card --write`: the nurse's card shows these pictures.
"""

import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

from server.fleet.packages import build_package, read_definition
from tests.parts import ROOT, micropython_environment

GOLDEN = ROOT / "tests/golden/staff"
DRAW = """
from tests.firmware.staff_drawings import drawn
for name, picture in drawn():
    with open("tests/golden/staff/" + name + ".pbm", "wb") as file:
        file.write(picture)
"""
REFERENCE = 1
COLUMNS = 4
SCALE = 4
GAP = 8


def renew(sheet):
    for old in GOLDEN.glob("*.pbm"):
        old.unlink()
    definition = read_definition(ROOT / "tests/questionnaires/beds.toml")
    (GOLDEN / "patients.pkg").write_bytes(build_package(definition, REFERENCE))
    micropython = Path(sys.executable).with_name("micropython")
    drawing = [micropython, "-X", "heapsize=112wk", "-c", DRAW]
    subprocess.run(drawing, cwd=ROOT, env=micropython_environment(), check=True)
    draw_sheet(sorted(GOLDEN.glob("*.pbm")), sheet)


def draw_sheet(screens, sheet):
    width, height = 128 * SCALE + GAP, 64 * SCALE + GAP
    paper = Image.new("L", (width * COLUMNS, height * -(-len(screens) // COLUMNS)), 96)
    for number, path in enumerate(screens):
        with Image.open(path) as screen:
            lit = ImageOps.invert(screen.convert("L")).resize((128 * SCALE, 64 * SCALE))
        paper.paste(lit, (number % COLUMNS * width, number // COLUMNS * height))
    paper.save(sheet)


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
