"""The shapes of audit schedules, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from server.api.improving import Body, Code, Page, Title, Words
from server.api.query import Day
from server.api.shapes import Measured

State = Literal["done", "due", "overdue", "ended", "not begun"]
LINES_MAX = 12  # of a checklist


class NewScheduleBody(Body):
    """A checklist (a published questionnaire of kind audit) that a team goes through every week or month."""

    team: Code
    questionnaire: Code
    every: Literal["week", "month"]
    from_date: Day
    to_date: Annotated[Day | None, Field(description="the day after the last")] = None


class ScheduleChange(Body):
    """When it ends."""

    to_date: Day


class EntryBody(Body):
    """A checklist filled in on the web: the code of the option chosen in each line."""

    audited_on: Day
    answers: Annotated[dict[Code, Code | None], Field(min_length=1, max_length=LINES_MAX)]


class FeedbackBody(Body):
    """That the team was told what was found. Roles, not names."""

    about: Annotated[Day, Field(description="any day of the week or month that it is about")]
    given_on: Day
    given_by: Annotated[Title, Field(examples=["Link nurse for infection control"])]
    given_to: Annotated[Words, Field(max_length=200)] = ""
    words: Words = ""


class LineAnswer(Body):
    """One line of the checklist."""

    question: str
    text: str
    options: list[str]


class FeedbackAnswer(Body):
    """Feedback as it was recorded."""

    given_on: date
    given_by: str
    given_to: str
    words: str
    recorded_at: datetime
    recorded_by: str


class PeriodAnswer(Body):
    """One week or month. `compliance`: lines that were as they should be, of lines judged, in percent."""

    start: date
    end: Annotated[date, Field(description="exclusive")]
    state: Literal["done", "due", "missed"]
    lines: Annotated[int, Field(description="judged")]
    compliance: Annotated[float | None, Field(ge=0, le=100)]
    feedback: list[FeedbackAnswer]
    patients: Annotated[Measured | None, Field(description="what patients of the team said about the same topic")]


class ScheduleAnswer(Body):
    """One schedule and where it stands."""

    schedule: int
    team: str
    questionnaire: str
    topic: Annotated[str, Field(description="of most lines: what patients say about it stands beside")]
    every: Literal["week", "month"]
    from_date: date
    to_date: date | None
    state: State
    missed: Annotated[int, Field(description="finished periods without an audit")]
    compliance: Annotated[float | None, Field(ge=0, le=100, description="of the newest period with an audit")]
    created_at: datetime
    created_by: str


class WholeSchedule(ScheduleAnswer):
    """One schedule with its checklist and periods, newest first."""

    checklist: list[LineAnswer]
    periods: list[PeriodAnswer]


class SchedulesAnswer(Page):
    """A page of schedules, newest first."""

    data: list[ScheduleAnswer]


class EntryAnswer(Body):
    """An entry as it was kept."""

    entry: int
    audited_on: date
    entered_at: datetime
    entered_by: str
