"""The demo's story (deploy/demo/story.toml) as commands for simulated devices: when somebody answers, and what."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from protocol.instants import from_unix
from protocol.screen import button_of_option
from server.demo.child import StartError

DEMO_FILES = Path(__file__).resolve().parents[2] / "deploy" / "demo"
OPENING_HOURS_UTC = (8, 17)
TIME_OUT_MS = 95_000  # longer than a device waits for the next press
THANKS_MS = 6_000  # longer than it thanks

QuestionShape = tuple[str, tuple[str, ...]]  # question, and the codes of its options in order
READS_MS = 1500  # somebody who knows the screens before the questions
LANGUAGES_A_PAGE = 4  # beside the button that turns the page
LANGUAGE_BUTTONS = (1, 2, 4, 5)


class Shape(NamedTuple):
    """What a device asks: how many languages there are to choose from, and the questions."""

    languages: int
    questions: list[QuestionShape]


@dataclass(frozen=True)
class Posting:
    """One device of the story: where it is, from which week on, and which questionnaire it asks."""

    serial: str
    service: str
    team: str
    location: str
    questionnaire: str
    from_week: int


@dataclass
class Story:
    """The file, with its names resolved. `answered` deals the options out so that each share comes out as written."""

    fields: dict[str, Any]
    postings: list[Posting]
    dice: random.Random
    decks: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def starts_at(self, now: datetime) -> datetime:
        """The beginning of week 0."""
        return now - timedelta(weeks=self.fields["weeks"])

    def deal(self, question: str, week: int) -> str:
        """The next answer to this question in that week, as an option's code."""
        rows = [row for row in self.fields["answers"] if row["question"] == question and row["from_week"] <= week]
        if not rows:
            raise StartError(f"deploy/demo/story.toml says nothing of the answers to {question} in week {week}.")
        row = max(rows, key=lambda each: int(each["from_week"]))
        deck = self.decks.setdefault((question, row["from_week"]), [])
        if not deck:
            deck.extend(code for code, share in row["shares"].items() for _ in range(share))
            self.dice.shuffle(deck)
        return deck.pop()


def read_story(path: Path = DEMO_FILES / "story.toml") -> Story:
    """The story in the file; the same file and seed give the same answers."""
    fields = tomllib.loads(path.read_text())
    postings: list[Posting] = []
    for service in fields["service"]:
        for team in service["teams"]:
            for from_week in team["devices"]:
                serial = f"PET-{len(postings) + 1:04d}"
                place = (service["code"], team["code"], f"{team['location']}", service["questionnaire"])
                postings.append(Posting(serial, *place, from_week))
    return Story(fields, postings, random.Random(fields["seed"]))  # noqa: S311 - a story, not a key


def pet_time(instant: datetime) -> int:
    """An instant as the device's clock says it."""
    return from_unix(int(instant.timestamp()))


def history(story: Story, posting: Posting, shape: Shape, now: datetime) -> list[str]:
    """The commands of one device from its first week to now, for a simulator with a virtual clock."""
    commands: list[str] = []
    for week, instant in _instants(story, posting, now):
        commands.append(f"at {pet_time(instant)}")
        commands += one_pass(story, shape, week)
    return commands


def passes_from(commands: list[str], number: int) -> list[str]:
    """A device's commands without its first `number` passes: each leaves one record, so that many are on it already."""
    starts = [place for place, command in enumerate(commands) if command.startswith("at ")]
    return commands[starts[number] :] if number < len(starts) else []


def one_pass(story: Story, shape: Shape, week: int) -> list[str]:
    """The commands of one person's pass."""
    dice = story.dice
    questions = shape.questions
    leaves_after = (
        dice.randint(1, len(questions) - 1) if dice.random() * 100 < story.fields["partial_percent"] else None
    )
    foreign = dice.random() * 100 < story.fields["other_language_percent"]
    commands = first_screens(shape.languages, dice.randrange(shape.languages) if foreign else 0)
    for number, (question, options) in enumerate(questions):
        if number == leaves_after:
            return [*commands, f"wait {TIME_OUT_MS}"]
        commands.append(f"wait {dice.randint(1500, 9000)}")
        if leaves_after is None and dice.random() * 100 < story.fields["skip_percent"]:
            commands.append("hold 6")
        else:
            commands.append(f"answer {options.index(story.deal(question, week)) + 1}")
    return [*commands, f"wait {THANKS_MS}"]


def first_screens(languages: int, language: int = 0) -> list[str]:
    """From the start to the first question: any button, the language where there is a choice, and past the promise."""
    presses = [1]
    if languages > LANGUAGES_A_PAGE:
        page, place = divmod(language, LANGUAGES_A_PAGE)
        presses += [3] * page + [LANGUAGE_BUTTONS[place]]
    elif languages > 1:
        presses.append(button_of_option(languages, language + 1))
    return [command for button in [*presses, 1] for command in (f"press {button}", f"wait {READS_MS}")]


def _instants(story: Story, posting: Posting, now: datetime) -> list[tuple[int, datetime]]:
    """(week, instant) of each pass, in order: on working days, in opening hours, minutes apart."""
    mean = story.fields["responses_a_week"]
    instants: list[tuple[int, datetime]] = []
    for week in range(posting.from_week, story.fields["weeks"]):
        week_start = (story.starts_at(now) + timedelta(weeks=week)).replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(story.dice.randint(mean - 3, mean + 3)):
            day = story.dice.randrange(5)
            minute = story.dice.randrange(OPENING_HOURS_UTC[0] * 60, OPENING_HOURS_UTC[1] * 60, 4)
            instants.append((week, _on_working_day(week_start, day) + timedelta(minutes=minute)))
    latest = now - timedelta(minutes=10)
    return sorted({(week, min(instant, latest)) for week, instant in instants}, key=lambda row: row[1])


def _on_working_day(week_start: datetime, day: int) -> datetime:
    """The day-th working day of the seven that begin with `week_start`."""
    days = [week_start + timedelta(days=offset) for offset in range(7)]
    return [each for each in days if each.weekday() < 5][day]


def utc_now() -> datetime:
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
