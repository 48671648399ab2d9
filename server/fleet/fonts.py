"""The letters of each language: which file they come from, and what makes them readable in one bit."""

from importlib.resources import files
from typing import NamedTuple


class Font(NamedTuple):
    """A font in an installed package, its variation axes, and how its letters become pixels.

    `sizes`: in pixels, largest first; at others its strokes run into each other or come out uneven.
    `lit_from`: the percentage of a pixel that has to be covered for it to be lit. Letters are then drawn much larger
    and shrunk, which keeps joined letters joined. 0: FreeType draws in one bit itself, for letters that stand alone.
    `tall_and_deep`: letters that show how high and how deep this script goes.
    `gap`: dark rows between the lowest ink of a line and the highest of the next: more where marks stand there.
    """

    package: str
    path: str
    axes: tuple[int, ...]
    sizes: tuple[int, ...]
    tall_and_deep: str
    lit_from: int = 0
    gap: int = 1
    right_to_left: bool = False
    spaced: bool = True  # whether spaces part its words

    def file(self) -> str:
        """Where it is installed."""
        return str(files(self.package) / self.path)


# Why these: docs/adr/0005-server-typesets.md. A language in another script gets its own row here.
LATIN = Font(
    package="fontpkg_roboto_condensed",
    path="files/RobotoCondensed[wght].ttf",
    axes=(700,),
    sizes=(28, 26, 24, 22, 20, 18, 16, 14),
    tall_and_deep="dp",
)
FONTS = {
    "ur": Font(
        package="fontpkg_ibm_plex_sans_arabic",
        path="files/IBMPlexSansArabic-SemiBold.ttf",
        axes=(),
        sizes=(28, 26, 24, 22, 20, 18, 16),
        tall_and_deep="لی",
        lit_from=45,
        right_to_left=True,
    ),
    "pa": Font(
        package="manimgx_fonts",
        path="NotoSansGurmukhi[wght].ttf",
        axes=(600,),
        sizes=(28, 26, 24, 22, 20, 18, 16),
        tall_and_deep="ਹੀਕੁ",
        lit_from=45,
        gap=2,
    ),
    "bn": Font(
        package="fontpkg_hind_siliguri",
        path="files/HindSiliguri-SemiBold.ttf",
        axes=(),
        sizes=(28, 26, 24, 22, 20, 18, 16),
        tall_and_deep="হীকু",
        lit_from=45,
        gap=2,
    ),
    "zh": Font(
        package="pylopdf_fonts_zh_cn",
        path="NotoSansSC-Regular.otf",
        axes=(),
        sizes=(28, 26, 24, 22, 20, 18),
        tall_and_deep="国",
        lit_from=40,
        gap=2,
        spaced=False,
    ),
}


def font_of(language: str) -> Font:
    """The font of a language; languages that are not named above are in Latin, Greek or Cyrillic letters."""
    return FONTS.get(language, LATIN)
