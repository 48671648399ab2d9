"""What questions are about: topics, the organisation's objectives, and the stages of a patient's journey."""

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from protocol.record import STAGE_MAX
from server.database import Base


class Topic(Base):
    """A theme by which questions are compared: "food". The built-in ones are the same in every organisation."""

    __tablename__ = "topic"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)  # a word, as definitions write it
    name: Mapped[str]
    built_in: Mapped[bool]


class Objective(Base):
    """Something that the organisation has set itself to reach; each question serves one."""

    __tablename__ = "objective"
    __table_args__ = (UniqueConstraint("organisation_id", "words"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    objective: Mapped[str] = mapped_column(primary_key=True)  # a short code
    words: Mapped[str]


class JourneyStage(Base):
    """What a stage's number in a response means. A number once named keeps its meaning, or old figures would lie."""

    __tablename__ = "journey_stage"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint(f"stage BETWEEN 1 AND {STAGE_MAX}", name="stage"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    stage: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
