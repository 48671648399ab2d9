"""The coarser rollups: answers and passes by week and month of a device and of a team, and by hour of the week."""

from datetime import date

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from server.database import Base
from server.ingest.tables import OfDevice, team_key, version_key

# A segment is the days that an ISO week and a month have in common: weeks and months are sums of segments, and what
# outsiders may be shown is decided by segments (docs/suppression.md). Undated answers lie under UNDATED, twice.


def _question_key() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["organisation_id", "reference", "position"],
        ["version_question.organisation_id", "version_question.reference", "version_question.position"],
    )


class AnswerCounts:
    """How often each option of a question was chosen, and how often none was."""

    n1: Mapped[int]
    n2: Mapped[int]
    n3: Mapped[int]
    n4: Mapped[int]
    n5: Mapped[int]
    n6: Mapped[int]
    skipped: Mapped[int]
    timed_out: Mapped[int]


class PassCounts:
    """How many passes there were. `answering`: those with at least one answer that is in the denominator."""

    complete: Mapped[int]
    partial: Mapped[int]
    declined: Mapped[int]
    answering: Mapped[int]


class HourCounts:
    """Answers in the denominator, and the positive ones among them."""

    counted: Mapped[int]
    positive: Mapped[int]


class RollupSegment(OfDevice, AnswerCounts, Base):
    """By device, team, question and segment: the atoms of what outsiders may be shown."""

    __tablename__ = "rollup_segment"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805, a class is what it gets
        return (
            *super().__table_args__,
            team_key(),
            _question_key(),
            Index(None, "organisation_id", "month", "week"),
        )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    week: Mapped[date] = mapped_column(primary_key=True)  # its Monday
    flagged: Mapped[bool] = mapped_column(primary_key=True)  # suspected misuse
    counted: Mapped[int]  # answers in the denominator


class RollupResponseSegment(OfDevice, PassCounts, Base):
    """By device, team, questionnaire version and segment."""

    __tablename__ = "rollup_response_segment"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805, as above
        return (*super().__table_args__, team_key(), version_key(), Index(None, "organisation_id", "month", "week"))

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupTeamSegment(AnswerCounts, Base):
    """By team, question and segment; ordered by time, for what is read is a span of all teams."""

    __tablename__ = "rollup_team_segment"
    __table_args__ = (team_key(), _question_key())

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupTeamResponseSegment(PassCounts, Base):
    """By team, questionnaire version and segment."""

    __tablename__ = "rollup_team_response_segment"
    __table_args__ = (team_key(), version_key())

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupOrganisationSegment(AnswerCounts, Base):
    """By question and segment, of all teams together: what the pages of a whole organisation read."""

    __tablename__ = "rollup_organisation_segment"
    __table_args__ = (_question_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupOrganisationResponseSegment(PassCounts, Base):
    """By questionnaire version and segment, of all teams together."""

    __tablename__ = "rollup_organisation_response_segment"
    __table_args__ = (version_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupWithheld(OfDevice, AnswerCounts, Base):
    """The rows of `rollup_segment` that outsiders are not shown who ask by week (`weekly`) or by month, as far as
    months are over. Kept by server/ingest/rollup_withheld.py.
    """

    __tablename__ = "rollup_withheld"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805, as above
        return (
            *super().__table_args__,
            team_key(),
            _question_key(),
            Index(None, "organisation_id", "weekly", "month"),
        )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    weekly: Mapped[bool] = mapped_column(primary_key=True)


class RollupOrganisationWithheld(AnswerCounts, Base):
    """The same of all devices and teams together."""

    __tablename__ = "rollup_organisation_withheld"
    __table_args__ = (_question_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    weekly: Mapped[bool] = mapped_column(primary_key=True)


class RollupHour(HourCounts, Base):
    """By team, question, month and local hour of the week. Answers without a date are in no hour."""

    __tablename__ = "rollup_hour"
    __table_args__ = (team_key(), _question_key())

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # 0: Monday
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupOrganisationHour(HourCounts, Base):
    """The same of all teams together: a hundred teams' hours of a year are too many rows to add up for a page."""

    __tablename__ = "rollup_organisation_hour"
    __table_args__ = (_question_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)


class RollupRevision(Base):
    """How often the rollups of an organisation have changed: figures read at the same number are the same figures.

    `withheld_before`: the first day of a month; what is withheld of those before it stands in `rollup_withheld`.
    """

    __tablename__ = "rollup_revision"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    revision: Mapped[int]
    withheld_before: Mapped[date]
