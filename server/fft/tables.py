"""What maps an organisation's questions and services to the words of the Friends and Family Test."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base

FFT_OPTIONS = ("very-good", "good", "neither", "poor", "very-poor", "dont-know")


class FftOption(Base):
    """An option of a question counts as this one of the six. A question without rows is matched by its codes."""

    __tablename__ = "fft_option"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "question_id"], ["question.organisation_id", "question.question_id"]),
        CheckConstraint(f"fft_option IN ({', '.join(repr(each) for each in FFT_OPTIONS)})", name="fft_option"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    fft_option: Mapped[str]


class FftGrouping(Base):
    """The service grouping under which a service is submitted; its own name where there is no row."""

    __tablename__ = "fft_grouping"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "service_id"], ["service.organisation_id", "service.service_id"]),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(primary_key=True)
    grouping: Mapped[str]
