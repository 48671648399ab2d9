"""Pictures of every screen that a patient can see: golden ones for the tests, and sheets of them to look at.

  .venv/bin/python -m tests.golden.screens.renew

The firmware draws them in the real MicroPython (firmware/drawing.py). Look at docs/screens/*.png as an
eighty-year-old would, piece by piece, before you commit what it made.
"""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from protocol.screen import HEIGHT, WIDTH
from server.fleet.fonts import LATIN
from server.fleet.packages import build_package, read_definition
from server.fleet.texts import texts_package
from server.web.questionnaires.drawn import draw_package
from tests.parts import ROOT

DEMO = ROOT / "deploy/demo"
QUESTIONNAIRES = ("beds", "community", "audit-hand-hygiene", "audit-mealtime")
GOLDEN = ROOT / "tests/golden/screens"
SHEETS = ROOT / "docs/screens"
CHOICE = "choice-of-language"  # stands where a language's code stands, for the screens that have all of them
REFERENCE = 1
GREY = 96  # between screens
COLUMNS = 6
GOLDEN_GAP = 2
SHEET_SCALE = 3
SHEET_GAP = 10
CAPTION_HEIGHT = 24


class Placed(NamedTuple):
    """A picture as the device put it on its screen, which may have turned dark and bright round."""

    left: int
    top: int
    picture: Image.Image


class Screen(NamedTuple):
    """`frame`: 128 x 64, one bit, lit pixels set. `placed`: the typeset pictures in it."""

    name: str
    frame: Image.Image
    placed: list[Placed]


def draw_screens(questionnaire: str) -> dict[str, list[Screen]]:
    """Every screen of one of the demo's questionnaires, by language code and CHOICE."""
    definition = read_definition(DEMO / f"questionnaires/{questionnaire}.toml")
    languages = definition["languages"]
    package = build_package(definition, REFERENCE)
    screens: dict[str, list[Screen]] = {}
    for drawn in draw_package(package, texts_package(said_and_done(), languages)):
        code = languages[drawn.language] if drawn.language is not None else CHOICE
        placed = [Placed(left, top, _picture(width, height, rows)) for left, top, width, height, rows in drawn.pictures]
        screens.setdefault(code, []).append(Screen(drawn.name, _picture(WIDTH, HEIGHT, drawn.rows), placed))
    return screens


def said_and_done() -> list[dict[str, str]]:
    """The demo's "You said, we did" texts, each by language."""
    return list(tomllib.loads((DEMO / "texts.toml").read_text(encoding="utf-8"))["text"])


def golden_path(questionnaire: str, code: str) -> Path:
    """Where the golden screens of a questionnaire in a language are kept."""
    return GOLDEN / f"{questionnaire}-{code}.png"


def golden_sheet(screens: Sequence[Screen]) -> Image.Image:
    """The screens side by side, to the pixel."""
    return _tiled([screen.frame.convert("L") for screen in screens], GOLDEN_GAP)


def golden_place(number: int) -> tuple[int, int, int, int]:
    """Where a screen, counted from 0, stands on the golden sheet: left, top, right, bottom."""
    left = GOLDEN_GAP + number % COLUMNS * (WIDTH + GOLDEN_GAP)
    top = GOLDEN_GAP + number // COLUMNS * (HEIGHT + GOLDEN_GAP)
    return left, top, left + WIDTH, top + HEIGHT


def contact_sheet(screens: Sequence[tuple[str, Screen]]) -> Image.Image:
    """The screens enlarged, each with what it is."""
    font = ImageFont.truetype(LATIN.file(), 18)
    tiles = []
    for caption, screen in screens:
        tile = Image.new("L", (WIDTH * SHEET_SCALE, HEIGHT * SHEET_SCALE + CAPTION_HEIGHT), 255)
        tile.paste(screen.frame.convert("L").resize((WIDTH * SHEET_SCALE, HEIGHT * SHEET_SCALE)), (0, 0))
        ImageDraw.Draw(tile).text((4, tile.height - 6), caption, fill=0, font=font, anchor="ls")
        tiles.append(tile)
    return _tiled(tiles, SHEET_GAP)


def renew() -> None:
    """Write the golden pictures and the sheets of all questionnaires, and remove those of any that are gone."""
    drawn = {questionnaire: draw_screens(questionnaire) for questionnaire in QUESTIONNAIRES}
    for folder in (GOLDEN, SHEETS):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
    for questionnaire, by_language in drawn.items():
        for code, screens in by_language.items():
            _save(golden_sheet(screens), golden_path(questionnaire, code))
    for code in dict.fromkeys(code for by_language in drawn.values() for code in by_language):
        _save(contact_sheet(list(_different(drawn, code))), SHEETS / f"{code}.png")


def _different(drawn: dict[str, dict[str, list[Screen]]], code: str) -> Iterator[tuple[str, Screen]]:
    """Each screen once, though several questionnaires have it."""
    seen = set()
    for questionnaire, by_language in drawn.items():
        for screen in by_language.get(code, []):
            if screen.frame.tobytes() not in seen:
                seen.add(screen.frame.tobytes())
                yield f"{questionnaire}: {screen.name}", screen


def _picture(width: int, height: int, rows: bytes) -> Image.Image:
    return Image.frombytes("1", (width, height), rows)


def _tiled(tiles: Sequence[Image.Image], gap: int) -> Image.Image:
    width, height = tiles[0].width + gap, tiles[0].height + gap
    columns = min(COLUMNS, len(tiles))
    sheet = Image.new("L", (columns * width + gap, -(-len(tiles) // columns) * height + gap), GREY)
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (gap + number % columns * width, gap + number // columns * height))
    return sheet


def _save(sheet: Image.Image, path: Path) -> None:
    sheet.quantize(16).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024 + 1} KB")


if __name__ == "__main__":
    renew()
