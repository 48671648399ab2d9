"""What each language calls itself: somebody who reads no English finds it on the screen where one is chosen."""

from collections.abc import Iterable

# By the code that a definition names it with. Beside its name, a script of its own needs a font: fleet/typeset.py.
LANGUAGE_NAMES = {
    "en": "English",
    "cy": "Cymraeg",
    "pl": "Polski",
    "ur": "اردو",
    "pa": "ਪੰਜਾਬੀ",
    "bn": "বাংলা",
    "zh": "中文",
    "bg": "Български",
    "cs": "Čeština",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "es": "Español",
    "fr": "Français",
    "hu": "Magyar",
    "it": "Italiano",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovensky",
    "so": "Soomaali",
    "sq": "Shqip",
    "tr": "Türkçe",
    "uk": "Українська",
}


def in_order(codes: Iterable[str]) -> list[str]:
    """As they are listed above, and any other after them: the same order wherever languages are listed."""
    known = list(LANGUAGE_NAMES)
    return sorted(codes, key=lambda code: (known.index(code) if code in LANGUAGE_NAMES else len(known), code))
