"""The shape of the catalogue: what can be asked about, in the names that a question uses."""

from typing import Annotated

from pydantic import BaseModel, Field


class NamedDirectorate(BaseModel):
    """A directorate that can be asked about."""

    directorate: str
    name: str


class NamedService(BaseModel):
    """A service that can be asked about, and its directorate if it has one."""

    service: str
    name: str
    directorate: str | None


class NamedTeam(BaseModel):
    """A team that can be asked about, and its service."""

    team: str
    name: str
    service: str


class NamedDevice(BaseModel):
    """A device that can be asked about; `serial` is printed on it. Serial and state are for who sees the fleet."""

    device: str
    name: Annotated[str, Field(description="the serial, or else as `device`")]
    serial: str | None
    state: str | None


class NamedOption(BaseModel):
    """An option of a question, as its newest version has it."""

    option: str
    label: str
    sentiment: str


class NamedQuestion(BaseModel):
    """A question that can be asked about."""

    question: str
    text: str
    topic: str
    objective: str | None
    options: list[NamedOption]


class NamedTopic(BaseModel):
    """What questions are about."""

    topic: str
    name: str


class NamedObjective(BaseModel):
    """What questions serve."""

    objective: str
    name: str


class NamedStage(BaseModel):
    """A stage of the patient's journey."""

    stage: int
    name: str


class NamedOrganisation(BaseModel):
    """An organisation and the zone of its days."""

    organisation: int
    name: str
    timezone: str


class MetaAnswer(BaseModel):
    """GET /api/v1/meta."""

    organisations: Annotated[list[NamedOrganisation], Field(description="the one that you belong to")]
    organisation: int
    data_version: Annotated[int, Field(description="rises with every change of a count")]
    target: Annotated[float | None, Field(description="of the whole organisation today, in percent; GET /targets: all")]
    directorates: list[NamedDirectorate]
    services: list[NamedService]
    teams: list[NamedTeam]
    devices: list[NamedDevice]
    questions: list[NamedQuestion]
    topics: list[NamedTopic]
    objectives: list[NamedObjective]
    stages: list[NamedStage]
