"""Which language each option of the language screen stands for: four a page, and the middle option turns the page."""

LANGUAGES_A_PAGE = 4  # more would not be legible
LANGUAGE_OPTIONS_MAX = LANGUAGES_A_PAGE + 1
MORE = 3  # the option that turns the page, where there is more than one


def language_of(languages: int, page: int, option: int) -> int:
    """The position (from 0) of an option's language; -1 for an option that stands for none."""
    position = option - 1
    if languages > LANGUAGES_A_PAGE:
        position = LANGUAGES_A_PAGE * page + option - 1 - (option > MORE)
        if option in (0, MORE):
            return -1
    return position if position < languages else -1
