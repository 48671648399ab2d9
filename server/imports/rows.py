"""One row of a file as a response, or everything that is wrong with it: line, column, value, remedy."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from protocol.record import ANSWER_NOT_SHOWN, ANSWER_SKIPPED, ANSWERS_MAX
from server.imports.csv_file import ImportFileError, Line
from server.imports.facts import RESPONDENT, AskedQuestion, AskedVersion, Facts
from server.imports.instants import InstantError, known_zones, read_instant

NEEDED = ("answered_at", "team", "questionnaire", "version")
OPTIONAL = ("zone", "language", "assisted", "reference")
QUESTION_PREFIX = "question:"  # before the word of a question that reads like another column
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
VALUE_LETTERS_MAX = 60  # of a value, in what is said of it
REFERENCE_LETTERS_MAX = 200


class RowFault(NamedTuple):
    """What is wrong in which line and column, with what, and what to do."""

    line: int
    column: str
    value: str
    problem: str
    remedy: str

    @property
    def sentence(self) -> str:
        """For people."""
        value = f' "{self.value}"' if self.value else ""
        return f"line {self.line}, {self.column}:{value} {self.problem}: {self.remedy}"


class ImportedResponse(NamedTuple):
    """What a row says. `row` counts rows from 1; `version_number` is the questionnaire's, `asked` its content."""

    row: int
    line: int
    answered_at: datetime
    team: str
    questionnaire: str
    version_number: int
    asked: AskedVersion
    language: int
    assisted: bool
    reference: str
    answers: list[int]

    @property
    def content(self) -> bytes:
        """SHA-256 of what it says, however the file writes it."""
        says = [self.answered_at.isoformat(), self.team, self.questionnaire, self.version_number]
        return _digest([*says, self.language, self.assisted, self.answers])

    def identity(self, source: str, count: int) -> bytes:
        """SHA-256 of source and reference; without one, of what it says and how often that came before in the file."""
        what = ["reference", self.reference] if self.reference else ["content", self.content.hex(), count]
        return _digest([source, *what])


def _digest(value: object) -> bytes:
    return sha256(json.dumps(value).encode()).digest()


def check_columns(columns: list[str], facts: Facts) -> dict[str, str]:
    """The word of the question by column. Raises ImportFileError where a column is missing or says nothing."""
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise ImportFileError(f"the header names no {' and no '.join(missing)}; it needs {', '.join(NEEDED)}.")
    words = {}
    for column in columns:
        word = column.removeprefix(QUESTION_PREFIX)
        if column in NEEDED + OPTIONAL:
            continue
        if word not in facts.questions and word != RESPONDENT:
            known = ", ".join([*NEEDED, *OPTIONAL, RESPONDENT, *sorted(facts.questions - {RESPONDENT})])
            raise ImportFileError(f'the column "{column:.60}" is none that is known: take it out. Known are {known}.')
        words[column] = word
    return words


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, columns: list[str], facts: Facts, timezone: str, now: datetime) -> None:
        self._columns, self._facts, self._timezone, self._now = columns, facts, timezone, now
        self._words = check_columns(columns, facts)

    def read(self, row: int, line: Line) -> ImportedResponse | list[RowFault]:
        """The row-th row; all that is wrong with it otherwise."""
        if len(line.cells) != len(self._columns):
            problem = f"has {len(line.cells)} cells, the header {len(self._columns)}"
            remedy = "put a text that holds the delimiter between quotes"
            return [RowFault(line.number, "(row)", "", problem, remedy)]
        cells = dict(zip(self._columns, line.cells, strict=True))
        reading = _Reading(line.number, cells, self._facts)
        reading.refuse_formulas()
        asked = reading.asked()
        at = reading.take("answered_at", lambda text: read_instant(text, reading.zone(self._timezone), self._now))
        team = reading.team()
        language = reading.language(asked) if asked else 0
        assisted = reading.assisted()
        reference = reading.reference()
        answers = reading.answers(asked, self._words) if asked else []
        if reading.faults or at is None or asked is None:
            return reading.faults
        number = int(cells["version"])
        return ImportedResponse(
            row,
            line.number,
            at,
            team,
            cells["questionnaire"],
            number,
            asked,
            language,
            assisted,
            reference,
            answers,
        )


class _Reading:
    """One row while it is read; what is wrong with it gathers in `faults`."""

    def __init__(self, line: int, cells: Mapping[str, str], facts: Facts) -> None:
        self.faults: list[RowFault] = []
        self._line, self._cells, self._facts = line, cells, facts

    def take(self, column: str, read: Callable[[str], datetime]) -> datetime | None:
        try:
            return read(self._cells[column])
        except InstantError as error:
            self._blame(column, error.problem, error.remedy)
            return None

    def refuse_formulas(self) -> None:
        for column, value in self._cells.items():
            if value.startswith(FORMULA_STARTS):
                self._blame(column, "reads like a formula", "save values instead of formulas")

    def zone(self, default: str) -> str:
        zone = self._cells.get("zone", "") or default
        if zone not in known_zones():
            self._blame("zone", "is no time zone", "write one like Europe/London, or leave it empty")
            return default
        return zone

    def team(self) -> str:
        code = self._cells["team"]
        if code not in self._facts.teams:
            self._blame("team", "is no team here", f"write one of {_some(self._facts.teams)}")
        return code

    def asked(self) -> AskedVersion | None:
        code, number = self._cells["questionnaire"], self._cells["version"]
        versions = self._facts.versions.get(code)
        if versions is None:
            if code in self._facts.audits:
                self._blame("questionnaire", "is a checklist of staff", "import what patients answered only")
            else:
                self._blame("questionnaire", "is not published", f"write one of {_some(self._facts.versions)}")
            return None
        asked = versions.get(int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else None
        if asked is None:
            known = ", ".join(map(str, versions))
            self._blame("version", f"is no version of {code}", f"write one of {known}")
        return asked

    def language(self, asked: AskedVersion) -> int:
        language = self._cells.get("language", "")
        if language and language not in asked.languages:
            known = ", ".join(asked.languages)
            self._blame("language", "is not one of its languages", f"write one of {known}, or leave it empty")
        return asked.languages.index(language) if language in asked.languages else 0

    def assisted(self) -> bool:
        word = self._cells.get("assisted", "").lower()
        if word not in YES + NO:
            self._blame("assisted", "is neither yes nor no", "write yes, no or nothing")
        return word in YES

    def reference(self) -> str:
        reference = self._cells.get("reference", "")
        if len(reference) > REFERENCE_LETTERS_MAX:
            self._blame("reference", "is too long", f"use at most {REFERENCE_LETTERS_MAX} letters")
        return reference

    def answers(self, asked: AskedVersion, words: Mapping[str, str]) -> list[int]:
        """Twelve, as in a record: what has no column was not shown, what is empty was skipped."""
        answers = [ANSWER_NOT_SHOWN] * ANSWERS_MAX
        for column, word in words.items():
            if word == RESPONDENT and word not in asked.questions:
                word = asked.respondent or word  # noqa: PLW2901 - whatever that version calls it
            question = asked.questions.get(word)
            if question is not None and answers[question.position - 1] != ANSWER_NOT_SHOWN:
                self._blame(column, "answers what another column answers too", "take one of the two columns out")
            elif question is not None:
                answers[question.position - 1] = self._answer(column, question)
            elif self._cells[column]:
                remedy = f"leave it empty: that version asks {_some(asked.questions)}"
                self._blame(column, "answers a question that this version does not ask", remedy)
        if all(answer in (ANSWER_NOT_SHOWN, ANSWER_SKIPPED) for answer in answers) and not self.faults:
            self._blame("(row)", "answers no question", "leave the row out")
        return answers

    def _answer(self, column: str, question: AskedQuestion) -> int:
        code = self._cells[column]
        if not code:
            return ANSWER_SKIPPED
        option = question.options.get(code)
        if option is None:
            self._blame(column, "is no option", f"write one of {_some(question.options)}, or leave it empty")
        return option or ANSWER_SKIPPED

    def _blame(self, column: str, problem: str, remedy: str) -> None:
        if any(fault.column == column for fault in self.faults):
            return  # one thing at a time
        value = self._cells.get(column, "")[:VALUE_LETTERS_MAX]
        self.faults.append(RowFault(self._line, column, value, problem, remedy))


def _some(words: Mapping[str, object]) -> str:
    """Enough of them to recognise one's own."""
    return ", ".join(_first(words, 12)) + (", ..." if len(words) > 12 else "")


def _first(words: Mapping[str, object], count: int) -> Iterator[str]:
    return (word for word, _ in zip(words, range(count), strict=False))
