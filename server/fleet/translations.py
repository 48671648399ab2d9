"""What is said of translations that nobody has checked who speaks the language from childhood."""

from collections.abc import Iterator

from server.fleet.definition import Definition
from server.fleet.languages import LANGUAGE_NAMES


def checked_lines(definition: Definition) -> Iterator[str]:
    """A line for each language: who has checked it."""
    original, *translations = definition.languages
    yield f"{original} {LANGUAGE_NAMES[original]}: the original"
    unchecked = definition.unchecked()
    for language in translations:
        by = "NOT CHECKED" if language in unchecked else f"checked by {definition.checked_by[language]}"
        yield f"{language} {LANGUAGE_NAMES[language]}: {by}"


def unchecked_warning(definition: Definition) -> str:
    """What to do before patients see the questionnaire; empty where every translation has been checked."""
    unchecked = definition.unchecked()
    if not unchecked:
        return ""
    names = ", ".join(f"{LANGUAGE_NAMES[language]} ({language})" for language in unchecked)
    return (
        f"NOT CHECKED: {names}. Before patients see these, have each read by somebody who speaks it from childhood,"
        " write their role under [checked_by], and publish that as the next version."
    )
