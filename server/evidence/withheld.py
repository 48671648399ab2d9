"""What is withheld from outsiders, found again by the pure rule from what `rollup_segment` should hold."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.evidence.carried import count_columns, key_text
from server.fleet.tables import VersionQuestion
from server.ingest.rollup_tables import RollupOrganisationWithheld, RollupRevision, RollupSegment, RollupWithheld
from server.ingest.tables import UNDATED
from server.measures.suppression import NOTHING, Filled, published

Sums = dict[tuple[str, str], list[int]]  # by rollup and key
COUNTS = count_columns(RollupWithheld)
EVER_AFTER = date(2200, 1, 1)  # whether a month is over is asked apart, by what ingest has closed


class Row(NamedTuple):
    """The key of a row of `rollup_segment` that is no misuse, without its organisation and device."""

    team_id: int
    reference: int
    position: int
    month: date
    week: date


class Withheld:
    """Of one organisation."""

    def __init__(self, connection: Connection, organisation_id: int) -> None:
        self._organisation_id = organisation_id
        questions = select(VersionQuestion.reference, VersionQuestion.position, VersionQuestion.question_id)
        here = questions.where(VersionQuestion.organisation_id == organisation_id)
        self._questions = {(row[0], row[1]): row[2] for row in connection.execute(here)}
        before = select(RollupRevision.withheld_before).where(RollupRevision.organisation_id == organisation_id)
        self._before = connection.scalar(before) or date.min
        self._whole: Sums = {}

    def device(self, device_id: int, expected: Sums) -> Sums:
        """What `rollup_withheld` should hold of this device, whose rollups should hold `expected`."""
        found: Sums = {}
        for rows in self._atoms(expected).values():
            shown = published(*_cells(rows), today=EVER_AFTER)
            for row, counts in rows.items():
                over = row.week + timedelta(days=6) < self._before
                hidden_week = over and row.week not in shown.weeks
                for weekly, hidden in ((False, row.month not in shown.months), (True, hidden_week)):
                    if hidden and row.month < self._before:
                        self._withhold(found, device_id, row, weekly=weekly, counts=counts[1:])
        return found

    def whole(self) -> Sums:
        """What `rollup_organisation_withheld` should hold, once every device has been asked about."""
        return self._whole

    def _atoms(self, expected: Sums) -> dict[tuple[int, str], dict[Row, list[int]]]:
        """By team and question, the rows that decide."""
        found: dict[tuple[int, str], dict[Row, list[int]]] = {}
        for (rollup, key), numbers in expected.items():
            if rollup != RollupSegment.__tablename__ or not any(numbers):
                continue
            _, _, team, reference, position, month, week, flagged = key.split("/")
            row = Row(int(team), int(reference), int(position), date.fromisoformat(month), date.fromisoformat(week))
            if flagged == str(False) and row.month != UNDATED:
                question = self._questions[row.reference, row.position]
                found.setdefault((row.team_id, question), {})[row] = _in_order(numbers)
        return found

    def _withhold(self, found: Sums, device_id: int, row: Row, *, weekly: bool, counts: list[int]) -> None:
        at = (row.team_id, row.reference, row.position, row.month, row.week, weekly)
        found[RollupWithheld.__tablename__, key_text((self._organisation_id, device_id, *at))] = counts
        spot = (self._organisation_id, row.month, row.week, row.reference, row.position, weekly)
        sums = self._whole.setdefault((RollupOrganisationWithheld.__tablename__, key_text(spot)), [0] * len(counts))
        sums[:] = [ours + theirs for ours, theirs in zip(sums, counts, strict=True)]


def _in_order(numbers: Iterable[int]) -> list[int]:
    """The counts of a segment: those in the denominator first, then as `rollup_withheld` has them."""
    named = dict(zip(count_columns(RollupSegment), numbers, strict=True))
    return [named["counted"], *(named[name] for name in COUNTS)]


def _cells(rows: Mapping[Row, list[int]]) -> tuple[dict[date, Filled], dict[date, Filled]]:
    """By Monday and by first day of a month, what the weeks and months hold."""
    weeks: dict[date, Filled] = {}
    months: dict[date, Filled] = {}
    for row, (counted, *answers) in rows.items():
        filled = Filled(counted, sum(answers))
        weeks[row.week] = weeks.get(row.week, NOTHING).plus(filled)
        months[row.month] = months.get(row.month, NOTHING).plus(filled)
    return weeks, months
