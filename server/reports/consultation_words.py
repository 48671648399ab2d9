"""The evidence of consultation in words and tables: who was asked, what was found, what people were told."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from server.reports.blocks import Block, Cell, Column, Snapshot, Table
from server.web.words import count, day

COUNTS = (
    Column("Asked", 2, numeric=True),
    Column("Answered all", 2, numeric=True),
    Column("Answered in part", 2, numeric=True),
    Column("Said no", 2, numeric=True),
)
METHOD = [
    "Asked: who answered on a device, all or in part, and who said no when staff offered it and noted that.",
    "Who passed a device by without a press is not counted. Nobody's name is asked for or kept.",
]
STILL = "still"


def asked_sentences(snapshot: Snapshot) -> list[str]:
    """How many were asked, in short."""
    told, span = snapshot["consultation"], snapshot["month_in_words"]
    asked = told["asked"]
    answered = asked["complete"] + asked["partial"]
    found, done, said = len(told["found"]), len(snapshot["actions"]), len(told["told"])
    asking = f"In the {span} people were asked {count(asked['asked'], 'time')}: {answered:,} answered"
    return [
        f"{asking}, {asked['declined']:,} said no.",
        f"Concerns in that time: {found}. Actions planned or under way: {done}. Texts that told people: {said}.",
    ]


def asked_blocks(snapshot: Snapshot) -> list[Block]:
    """Who was asked: by service and by month."""
    told = snapshot["consultation"]
    services: list[list[Cell]] = [[row["name"], *_counts(row)] for row in told["services"]]
    months: list[list[Cell]] = [
        [f"{date.fromisoformat(row['month'] + '-01'):%B %Y}", *_counts(row)] for row in told["months"]
    ]
    return [
        _block("asked", "Who was asked", "Asked and answered, by service", "Service", services),
        _block("months", "Asked, month by month", "Asked and answered, by month", "Month", months),
    ]


def found_block(snapshot: Snapshot) -> Block:
    """The concerns."""
    rows: list[list[Cell]] = [
        [row["title"], row["origin"], _said(row["raised_on"]), row["status"], _said(row["closed_on"])]
        for row in snapshot["consultation"]["found"]
    ]
    columns = (Column("Concern", 6), Column("Found", 2), Column("Since", 3), Column("Now", 2), Column("Closed", 3))
    return _listed("found", "What was found", "Concerns", columns, rows, "No concern was raised or open.")


def told_block(snapshot: Snapshot) -> Block:
    """The texts."""
    rows: list[list[Cell]] = [
        [row["words"].replace("\n", " "), _said(row["from"]), _said(row["to"]) or STILL]
        for row in snapshot["consultation"]["told"]
    ]
    columns = (Column("You said, we did", 8), Column("Shown from", 3), Column("Until", 3))
    none = "No text was approved and shown."
    return _listed("told", "What people were told", "Texts on devices, posters and pages", columns, rows, none)


def _listed(
    name: str, heading: str, caption: str, columns: tuple[Column, ...], rows: list[list[Cell]], none: str
) -> Block:
    return Block(name, heading, [] if rows else [none], Table(caption, columns, rows) if rows else None)


def _block(name: str, heading: str, caption: str, first: str, rows: Sequence[list[Cell]]) -> Block:
    return Block(name, heading, table=Table(caption, (Column(first, 4), *COUNTS), list(rows)))


def _counts(row: dict[str, Any]) -> list[Cell]:
    return [f"{row[name]:,}" for name in ("asked", "complete", "partial", "declined")]


def _said(of: str | None) -> str:
    return "" if of is None else day(date.fromisoformat(of))
