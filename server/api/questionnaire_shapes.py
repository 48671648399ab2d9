"""The shapes of questionnaires in the interface: drafts, published versions, and what changes them."""

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

VERSION_MAX = 2**31 - 1  # PostgreSQL's integer
DEFINITION_KEYS_MAX = 50  # a definition has a dozen


def _of_text(definition: dict[str, Any]) -> dict[str, Any]:
    """Zero characters and halves of surrogate pairs are in JSON, and in no text that can be stored."""
    try:
        json.dumps(definition, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which no text does") from None
    if "\\u0000" in json.dumps(definition):
        raise ValueError("holds a zero character, which no text does")
    return definition


Definition = Annotated[
    dict[str, Any],
    AfterValidator(_of_text),
    Field(max_length=DEFINITION_KEYS_MAX, description="the fields of docs/questionnaires.md; its version is not used"),
]


class VersionAnswer(BaseModel):
    """One published version. `reference`: the number by which records of devices name it."""

    questionnaire: str
    version: int
    reference: int
    name: str
    kind: str
    published_at: datetime
    languages: list[str]
    unchecked: Annotated[list[str], Field(description="translations that nobody has checked yet")]
    package_sha256: str
    package_bytes: int


class DraftAnswer(BaseModel):
    """A definition that is being written. `revision` rises with each change."""

    questionnaire: str
    revision: int
    changed_at: datetime
    changed_by: str
    definition: dict[str, Any]


class QuestionnaireAnswer(BaseModel):
    """A questionnaire: its published versions, and its draft where there is one."""

    questionnaire: str
    versions: list[VersionAnswer]
    draft: DraftAnswer | None


class QuestionnairesAnswer(BaseModel):
    """All questionnaires, by code."""

    data: list[QuestionnaireAnswer]


class PublishedAnswer(BaseModel):
    """A version as it was published."""

    version: VersionAnswer
    definition: dict[str, Any]


class NewDraft(BaseModel):
    """The first draft of a questionnaire, or of its next version."""

    model_config = ConfigDict(extra="forbid")

    definition: Definition


class ChangedDraft(BaseModel):
    """A changed draft, and the revision that it was made from."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int, Field(ge=1, le=VERSION_MAX)]
    definition: Definition


class Publication(BaseModel):
    """Which revision of the draft is meant."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int, Field(ge=1, le=VERSION_MAX)]
