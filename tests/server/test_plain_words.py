"""No refusal speaks the language of a library."""

from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from server.plain_words import UNUSABLE, in_plain_words


class Example(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]*$")] = "ab"
    number: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    sure: bool = True
    kind: Literal["one", "two"] = "one"
    day: date = date(2026, 11, 23)
    at: AwareDatetime | None = None
    entries: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    inner: "Inner | None" = None

    @field_validator("kind")
    @classmethod
    def refuse_two(cls, kind):
        if kind == "two":
            raise ValueError("there is no room for two.")
        return kind


class Inner(BaseModel):
    needed: str


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"word": "a"}, "is too short: 2 letters at least"),
        ({"word": "abcde"}, "is too long: 4 letters at most"),
        ({"word": "AB"}, "has letters, or a form, that cannot stand here"),
        ({"word": 3}, "must be text"),
        ({"number": 0}, "must be 1 or more"),
        ({"number": 10}, "must be 9 or less"),
        ({"number": "x"}, "must be a whole number"),
        ({"number": 1.5}, "must be a whole number"),
        ({"share": 0}, "must be more than 0.0"),
        ({"share": "x"}, "must be a number"),
        ({"sure": "perhaps"}, "must be true or false"),
        ({"kind": "three"}, "must be one of 'one' or 'two'"),
        ({"kind": "two"}, "there is no room for two"),
        ({"day": "2026-13-01"}, "must be a day, like 2026-11-23"),
        ({"at": "2026-11-23T09:00:00"}, "must be an instant with its offset from UTC, like 2026-11-23T09:00:00Z"),
        ({"entries": []}, "has too few entries: 1 at least"),
        ({"entries": [1, 2, 3]}, "has too many entries: 2 at most"),
        ({"entries": 1}, "must be a list"),
        ({"inner": 1}, "must be an object with named fields"),
        ({"inner": {}}, "is missing"),
        ({"colour": "red"}, "is not known here"),
    ],
)
def test_a_finding_is_a_plain_sentence(fields, said):
    with pytest.raises(ValidationError) as refused:
        Example.model_validate(fields)
    [finding] = refused.value.errors()
    assert in_plain_words(finding) == said


def test_a_finding_of_a_later_library_says_none_of_its_words():
    assert in_plain_words({"type": "quantum_error", "msg": "Input should be entangled", "ctx": {}}) == UNUSABLE
