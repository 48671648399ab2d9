"""The shapes of the answers. Percentages are 0..100 with one decimal, None where none may be published."""

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


class Judged(Measured):
    """A positivity held against the target in force."""

    target: Percent | None
    at_or_above: Annotated[bool | None, Field(description="the positivity alone; it could be chance")]
    verdict: Annotated[str | None, Field(description="met, missed or cannot tell yet")]
    responses_needed: Annotated[int | None, Field(description="about so many more would allow a verdict")]


class Point(Measured):
    """One bucket; its instants are in UTC."""

    period: str
    start: datetime
    end: datetime
    target: Percent | None
    complete: Annotated[
        bool, Field(description="it is over, and every device in use but the late ones has delivered since")
    ]


class Totals(Judged):
    """All buckets together, with the answers that are in no denominator."""

    neutral: int
    negative: int
    excluded: int
    skipped: int
    timed_out: int


class Aside(BaseModel):
    """Responses that stand beside the buckets, and whether the totals count them."""

    n: int
    responses: int
    counted: bool


class Filters(BaseModel):
    """The names asked for."""

    service: list[str]
    team: list[str]
    device: list[str]
    question: list[str]


class ResolvedQuery(BaseModel):
    """The question as it was understood; `from` and `to` are local days, `to` exclusive."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    organisation: int
    from_: Annotated[str, Field(alias="from")]
    to: str
    granularity: str
    timezone: str
    filters: Filters
    include_flagged: bool
    time_basis: str = "answered"


class Meta(BaseModel):
    """What the reader of the figures should know."""

    data_version: Annotated[int, Field(description="rises with every record taken into custody")]
    as_of: datetime
    target: Percent | None
    suppressed_below: Annotated[int, Field(description="responses needed before a percentage is published")]
    late_devices: Annotated[int, Field(description="devices in use that were not heard for a week")]
    never_heard: Annotated[int, Field(description="those of the late ones that were never heard at all")]
    pending_reported: Annotated[int, Field(description="answers that devices said they still hold")]


class Links(BaseModel):
    """Addresses of this answer."""

    self: str


class TimeseriesAnswer(BaseModel):
    """GET /api/v1/stats/timeseries."""

    query: ResolvedQuery
    meta: Meta
    data: list[Point]
    totals: Totals
    undated: Annotated[Aside, Field(description="responses without a usable date: in no bucket")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


class DeviceFigures(Judged):
    """One device of the scope, with data or without."""

    device: str
    serial: str
    state: str
    service: str | None
    team: str | None
    location: str | None
    heard_at: datetime | None
    waiting: Annotated[int, Field(description="answers it said it holds and that have not arrived")]


class NamedService(BaseModel):
    """A service that can be asked about."""

    service: str
    name: str


class NamedTeam(BaseModel):
    """A team that can be asked about, and its service."""

    team: str
    name: str
    service: str


class NamedDevice(BaseModel):
    """A device that can be asked about; `serial` is printed on it."""

    device: str
    serial: str
    state: str


class NamedQuestion(BaseModel):
    """A question that can be asked about."""

    question: str
    text: str
    topic: str


class NamedOrganisation(BaseModel):
    """An organisation and the zone of its days."""

    organisation: int
    name: str
    timezone: str


class MetaAnswer(BaseModel):
    """GET /api/v1/meta; the lists are empty where it cannot be said which organisation is meant."""

    organisations: list[NamedOrganisation]
    organisation: int | None
    services: list[NamedService] = []
    teams: list[NamedTeam] = []
    devices: list[NamedDevice] = []
    questions: list[NamedQuestion] = []
