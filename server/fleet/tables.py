"""The fleet's tables: who asks what, where, with which device and under which keys."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Sequence,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from protocol.package import KIND_AUDIT, KIND_PATIENTS
from protocol.record import ANSWERS_MAX, OPTIONS_MAX
from server.database import Base
from server.fleet.subject_tables import Objective, Topic

ACTIVE = "active"
LOST = "lost"  # what it sends is kept in quarantine
REVOKED = "revoked"  # what it sends is refused
RETIRED = "retired"  # refused too; it has left service in good order
IMPORT = "import"  # no handheld: it stands for a source of imported responses, in one team
IMPORTED_LOCATION = ("imported", "Imported responses")  # code and name of where such a one is
DEVICE_STATES = (ACTIVE, LOST, REVOKED, RETIRED, IMPORT)

POSITIVE, NEUTRAL, NEGATIVE, EXCLUDED = "positive", "neutral", "negative", "excluded"
SENTIMENTS = (POSITIVE, NEUTRAL, NEGATIVE, EXCLUDED)
QUESTION_KINDS = ("choice", "scale")
QUESTIONNAIRE_KINDS = (KIND_PATIENTS, KIND_AUDIT)

SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, SCOPE_DEVICE = "organisation", "service", "team", "device"
SCOPES = (SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, SCOPE_DEVICE)

REFERENCE_MAX = 0xFFFF  # a record names its questionnaire version in two bytes
DEVICE_ID_MAX = 0xFFFFFFFF  # a message names its device in four

# One sequence for the whole server: a device's number names it on the broker, across organisations.
device_numbers = Sequence("device_number", metadata=Base.metadata, maxvalue=DEVICE_ID_MAX)


def device_foreign_key() -> ForeignKeyConstraint:
    """For every table that belongs to a device."""
    return ForeignKeyConstraint(["organisation_id", "device_id"], ["device.organisation_id", "device.device_id"])


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


class Organisation(Base):
    __tablename__ = "organisation"

    organisation_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str]  # IANA name; days are local to it


class Directorate(Base):
    """Several services under one head; an organisation may do without."""

    __tablename__ = "directorate"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    directorate_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Service(Base):
    __tablename__ = "service"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        ForeignKeyConstraint(
            ["organisation_id", "directorate_id"], ["directorate.organisation_id", "directorate.directorate_id"]
        ),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    directorate_id: Mapped[int | None]


class Team(Base):
    __tablename__ = "team"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        ForeignKeyConstraint(["organisation_id", "service_id"], ["service.organisation_id", "service.service_id"]),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    service_id: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]


class Location(Base):
    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Device(Base):
    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("organisation_id", "serial"),
        UniqueConstraint("organisation_id", "mac"),
        _one_of("state", DEVICE_STATES),
        Index(None, "mac"),  # a board is looked for in all organisations
        Index(None, "device_id"),  # a message names the device only; its organisation is looked up here
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(
        BigInteger, device_numbers, server_default=device_numbers.next_value(), primary_key=True
    )
    serial: Mapped[str]  # what stands on the handheld; the MAC where nobody gave it another
    mac: Mapped[str | None]  # of its board, which keeps its device_id for ever
    state: Mapped[str]
    enrolled_at: Mapped[datetime]
    key_epoch: Mapped[int]  # the current one; 0: registered, and not enrolled yet


class DeviceKey(Base):
    """One epoch of a device's key, wrapped (fleet/keys.py); its password on the broker follows from it."""

    __tablename__ = "device_key"
    __table_args__ = (device_foreign_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key_epoch: Mapped[int] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Placement(Base):
    """Device D at location L for team T, from (inclusive) to (exclusive)."""

    __tablename__ = "placement"
    __table_args__ = (
        device_foreign_key(),
        ForeignKeyConstraint(["organisation_id", "team_id"], ["team.organisation_id", "team.team_id"]),
        ForeignKeyConstraint(["organisation_id", "location_id"], ["location.organisation_id", "location.location_id"]),
        CheckConstraint("to_at IS NULL OR from_at < to_at", name="span"),
        Index(None, "organisation_id", "device_id", "from_at"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    placement_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger)
    team_id: Mapped[int]
    location_id: Mapped[int]
    # What a nurse may choose instead: a record's team n is team_choices[n - 1], its team 0 is team_id.
    team_choices: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class Question(Base):
    """One prompt, the same in every questionnaire version that asks it: what is compared over time."""

    __tablename__ = "question"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "topic"], [Topic.organisation_id, Topic.topic]),
        ForeignKeyConstraint(["organisation_id", "objective"], [Objective.organisation_id, Objective.objective]),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    question_id: Mapped[str] = mapped_column(primary_key=True)  # a word: "food"
    text: Mapped[str]
    topic: Mapped[str]
    objective: Mapped[str | None]
    core: Mapped[bool] = mapped_column(default=False)  # asked by every device, to compare them by


class Questionnaire(Base):
    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class QuestionnaireVersion(Base):
    """Immutable once published, and accepted from devices for ever."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (
        UniqueConstraint("organisation_id", "questionnaire_id", "version", name="uq_questionnaire_version"),
        ForeignKeyConstraint(
            ["organisation_id", "questionnaire_id"],
            ["questionnaire.organisation_id", "questionnaire.questionnaire_id"],
        ),
        CheckConstraint(f"reference BETWEEN 1 AND {REFERENCE_MAX}", name="reference"),
        _one_of("kind", QUESTIONNAIRE_KINDS),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # what a record carries
    questionnaire_id: Mapped[int]
    version: Mapped[int]
    published_at: Mapped[datetime]
    definition: Mapped[dict[str, Any]]
    package: Mapped[bytes]
    package_sha256: Mapped[bytes]
    kind: Mapped[str] = mapped_column(default=KIND_PATIENTS)  # who answers: records of the other kind are not its own


class VersionQuestion(Base):
    __tablename__ = "version_question"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "reference"],
            ["questionnaire_version.organisation_id", "questionnaire_version.reference"],
        ),
        ForeignKeyConstraint(["organisation_id", "question_id"], ["question.organisation_id", "question.question_id"]),
        CheckConstraint(f"position BETWEEN 1 AND {ANSWERS_MAX}", name="position"),
        _one_of("kind", QUESTION_KINDS),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[str]
    kind: Mapped[str]


class VersionOption(Base):
    __tablename__ = "version_option"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "reference", "position"],
            ["version_question.organisation_id", "version_question.reference", "version_question.position"],
        ),
        CheckConstraint(f"option BETWEEN 1 AND {OPTIONS_MAX}", name="option"),
        _one_of("sentiment", SENTIMENTS),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    option: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    label: Mapped[str]
    sentiment: Mapped[str]


class Target(Base):
    """A positivity to be reached, as a proportion, by whom it was set and for what it holds."""

    __tablename__ = "target"
    __table_args__ = (
        _one_of("scope_kind", SCOPES),
        CheckConstraint("(scope_kind = 'organisation') = (scope_id IS NULL)", name="scope"),
        CheckConstraint("value > 0 AND value <= 1", name="value"),
        CheckConstraint("to_date IS NULL OR from_date < to_date", name="span"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    target_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    scope_kind: Mapped[str]
    scope_id: Mapped[int | None] = mapped_column(BigInteger)
    from_date: Mapped[date]
    to_date: Mapped[date | None]  # exclusive
    set_by: Mapped[str]
