"""The shapes that answers share. Percentages are 0..100 with one decimal, None where none may be published."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Percent = Annotated[float, Field(ge=0, le=100)]


class Measured(BaseModel):
    """A positivity with what it rests on."""

    n: Annotated[int, Field(description="answers: positive + neutral + negative")]
    responses: Annotated[int, Field(description="passes; with several questions asked about, at least so many")]
    positive: int
    positivity: Percent | None
    ci95: tuple[Percent, Percent] | None
    suppressed: Annotated[bool, Field(description="answered, but by too few to publish a percentage")]
    precision: Annotated[str, Field(description="no data, suppressed, interpret with care, or sound")]
    withheld: Annotated[
        int | None,
        Field(description="answers that are left out: too few to be shown to you; null where their number would tell"),
    ]


class Judged(Measured):
    """A positivity held against the target in force."""

    target: Percent | None
    at_or_above: Annotated[bool | None, Field(description="the positivity alone; it could be chance")]
    verdict: Annotated[str | None, Field(description="met, missed or cannot tell yet")]
    responses_needed: Annotated[int | None, Field(description="about so many more would allow a verdict")]


class Totals(Judged):
    """All buckets together, with the answers that are in no denominator."""

    neutral: int
    negative: int
    excluded: int
    skipped: int
    timed_out: int


class Aside(BaseModel):
    """Responses that stand beside the buckets, and whether the totals count them."""

    n: int | None
    responses: int | None
    withheld: Annotated[int | None, Field(description="answers of theirs that are not shown to you")]
    counted: bool
    not_told: Annotated[str | None, Field(description="why the numbers are null, where they are")]


class Filters(BaseModel):
    """What narrows the figures; an empty list or null does not."""

    directorate: list[str]
    service: list[str]
    team: list[str]
    device: list[str]
    question: list[str]
    topic: list[str]
    objective: list[str]
    language: list[str]
    respondent: list[str]
    assisted: bool | None
    partial: bool | None
    quality: list[str]
    stage: list[int]


class ResolvedQuery(BaseModel):
    """The question as it was understood; `from` and `to` are local days, `to` exclusive."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    organisation: int
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    timezone: str
    filters: Filters
    include_flagged: bool
    time_basis: str
    min_n: int


class BucketsResolved(ResolvedQuery):
    """With the length of a bucket; the period is as long as the answers reach where no end was asked for."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    granularity: str


class SeriesResolved(BucketsResolved):
    """With what the totals are held against."""

    compare: str


class Comparison(Measured):
    """The same over another span or of the whole organisation, and what has changed since."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    with_: Annotated[str, Field(alias="with", description="previous, year or org")]
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    difference_points: Annotated[float | None, Field(description="percentage points, ours less theirs")]
    difference_ci95: tuple[float, float] | None
    conclusion: Annotated[str | None, Field(description="what the difference allows to be said; null of org")]


class Meta(BaseModel):
    """What the reader of the figures should know."""

    data_version: Annotated[int, Field(description="rises with every change of a count")]
    as_of: datetime
    view: Annotated[str, Field(description="inside, or outside: small numbers are withheld")]
    target: Percent | None
    suppressed_below: Annotated[int, Field(description="responses needed before a percentage is published")]
    withheld_below: Annotated[int, Field(description="answers needed before somebody from outside is shown them")]
    complete: Annotated[bool, Field(description="the period is over, and the devices in use have delivered since")]
    late_devices: Annotated[int, Field(description="devices in use that were not heard for a week")]
    never_heard: Annotated[int, Field(description="those of the late ones that were never heard at all")]
    pending_reported: Annotated[
        int | None,
        Field(description="answers that devices said they still hold; null of a part whose fleet you do not see"),
    ]


class Links(BaseModel):
    """Addresses of this answer: as JSON, and as tables."""

    self: str
    csv: str
    xlsx: str
