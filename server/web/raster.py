"""Our own SVG as PNG, for programs that take no SVG: the same letters and bytes on every machine."""

import re
from functools import cache
from pathlib import Path

import typst

from server.fleet.fonts import FONTS, LATIN

SCALE = 2  # pixels of the PNG for each of the drawing: sharp on dense screens and in print
POINTS_PER_INCH = 72
FAMILY = "Roboto"  # as the file itself names it. Narrower than Arial, for which lines are broken: all of it fits
SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
NAMED = re.compile(r"(--[\w-]+):\s*([^;]+);")
USED = re.compile(r"var\((--[\w-]+)\)")


def as_png(svg: str) -> bytes:
    """The picture, SCALE times as many pixels wide as it says. `svg`: one of ours, with its style sheet inside."""
    found = SIZE.search(svg)
    assert found is not None
    width, height = found.groups()
    page = f"#set page(width: {width}pt, height: {height}pt, margin: 0pt)\n"
    picture = f'#image(bytes(sys.inputs.svg), format: "svg", width: {width}pt, height: {height}pt)'
    made: bytes = typst.compile(
        (page + picture).encode(),
        font_paths=fonts(),
        format="png",
        ppi=SCALE * POINTS_PER_INCH,
        sys_inputs={"svg": plain(svg)},
    )
    return made


def plain(svg: str) -> str:
    """For a renderer that knows neither variables of style sheets nor the fonts of this machine."""
    colours = dict(NAMED.findall(svg))
    resolved = USED.sub(lambda use: colours[use[1]], svg)
    return resolved.replace("arial, sans-serif", FAMILY)


@cache
def fonts() -> typst.Fonts:
    """Read once: those of the device's screen, in which a question may be worded, and none of this machine's own."""
    folders = {str(Path(font.file()).parent) for font in (LATIN, *FONTS.values())}
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=sorted(folders))
