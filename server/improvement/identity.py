"""Keeps patients' identity out of free text: what looks like one is refused, in words that say what to do. Pure."""

import re
from collections.abc import Iterator

from server.errors import OperatorError

NHS_NUMBER = re.compile(r"(?<![\d-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d-])")
NHS_WEIGHTS = range(10, 1, -1)
# Scotland's CHI number begins with a date of birth; ten digits in a row are refused as a telephone number anyway.
PHONE = re.compile(r"(?<![\w.])(?:\+|00|0)[\d][\d ()./-]{7,}\d(?!\w)")
PHONE_DIGITS = range(9, 16)
EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w{2,}")
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
DAY = r"(?:0?[1-9]|[12]\d|3[01])"
YEAR = r"(?:1[89]\d\d|20\d\d)"
DATE_SHAPES = (
    rf"{DAY}[./-](?:0?[1-9]|1[0-2])[./-](?:{YEAR}|\d\d)",
    rf"{YEAR}-(?:0[1-9]|1[0-2])-{DAY}",
    rf"{DAY}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH},?\s+{YEAR}",
    rf"{MONTH}\s+{DAY}(?:st|nd|rd|th)?,?\s+{YEAR}",
)
DATE = re.compile(rf"(?<![\w/.-])(?:{'|'.join(DATE_SHAPES)})(?![\w/-])", re.IGNORECASE)
BIRTH = re.compile(r"\b(?:d\.?o\.?b\b|date of birth|born (?:on|in)\b|hospital (?:no|number)\b|mrn\b)", re.IGNORECASE)


class PatientIdentityError(OperatorError):
    """`steps` lead to the field in the request. The text itself is not repeated: it would be kept in logs."""

    def __init__(self, place: tuple[str | int, ...], field: str, kind: str) -> None:
        super().__init__(
            f"{field} holds what looks like {kind}. Nothing here may tell who a patient is: "
            "write what was said, not who said it; a day of the audit or interview has a field of its own."
        )
        self.steps = (*place, field)
        self.kind = kind


def identities(words: str) -> Iterator[str]:
    """What in these words could tell who a patient is, kind by kind."""
    if any(_is_nhs_number(found) for found in NHS_NUMBER.findall(words)):
        yield "an NHS number"
    if BIRTH.search(words) or DATE.search(words):
        yield "a date of birth or a hospital number"
    if any(sum(letter.isdigit() for letter in found) in PHONE_DIGITS for found in PHONE.findall(words)):
        yield "a telephone number"
    if EMAIL.search(words):
        yield "an e-mail address"


def refuse_identity(*place: str | int, **fields: str) -> None:
    """Raises PatientIdentityError for the first field in which something looks like a patient's identity.

    `place`: where in the request the fields stand.
    """
    for field, words in fields.items():
        for kind in identities(words):
            raise PatientIdentityError(place, field, kind)


def _is_nhs_number(text: str) -> bool:
    """Ten digits whose last is their check digit, modulo 11 (NHS Data Dictionary, NHS NUMBER)."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    check = 11 - sum(weight * digit for weight, digit in zip(NHS_WEIGHTS, digits, strict=False)) % 11
    return check % 11 == digits[9] and check != 10  # no NHS number has 10 there
