"""What pydantic finds wrong with a value, said in plain words: what can stand there, not what a library calls it."""

from collections.abc import Mapping
from typing import Any

AN_INSTANT = "must be an instant with its offset from UTC, like 2026-11-23T09:00:00Z"
A_DAY = "must be a day, like 2026-11-23"
A_WHOLE_NUMBER = "must be a whole number"
A_NUMBER = "must be a number"
TRUE_OR_FALSE = "must be true or false"
AN_OBJECT = "must be an object with named fields"
TEXT = "must be text"

# By the name of the finding; what stands in braces is the finding's own context.
SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": TEXT,
    "string_too_short": "is too short: {min_length} letters at least",
    "string_too_long": "is too long: {max_length} letters at most",
    "string_pattern_mismatch": "has letters, or a form, that cannot stand here",
    "too_short": "has too few entries: {min_length} at least",
    "too_long": "has too many entries: {max_length} at most",
    "list_type": "must be a list",
    "dict_type": AN_OBJECT,
    "model_type": AN_OBJECT,
    "model_attributes_type": AN_OBJECT,
    "int_type": A_WHOLE_NUMBER,
    "int_parsing": A_WHOLE_NUMBER,
    "int_parsing_size": A_WHOLE_NUMBER + ", and a smaller one",
    "int_from_float": A_WHOLE_NUMBER,
    "float_type": A_NUMBER,
    "float_parsing": A_NUMBER,
    "finite_number": A_NUMBER,
    "decimal_type": A_NUMBER,
    "decimal_parsing": A_NUMBER,
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "bool_type": TRUE_OR_FALSE,
    "bool_parsing": TRUE_OR_FALSE,
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "date_type": A_DAY,
    "date_parsing": A_DAY,
    "date_from_datetime_parsing": A_DAY,
    "date_from_datetime_inexact": A_DAY,
    "datetime_type": AN_INSTANT,
    "datetime_parsing": AN_INSTANT,
    "datetime_object_invalid": AN_INSTANT,
    "datetime_from_date_parsing": AN_INSTANT,
    "timezone_aware": AN_INSTANT,
    "json_invalid": "is not JSON",
}
UNUSABLE = "has a value that cannot be used here"


def in_plain_words(finding: Mapping[str, Any]) -> str:
    """One finding, as a sentence without subject and full stop; a check of our own says its own words."""
    context = finding.get("ctx") or {}
    if finding["type"] == "value_error":
        return str(context.get("error", UNUSABLE)).rstrip(".")
    return SENTENCES.get(str(finding["type"]), UNUSABLE).format(**context)
