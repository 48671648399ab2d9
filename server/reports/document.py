"""A report in blocks of words and tables, made from its snapshot: what the PDF, the page and the mail all show."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from server.measures.positivity import Precision
from server.measures.verdict import Verdict
from server.reports.blocks import Block, Cell, Column, Snapshot, Table
from server.reports.consultation_words import METHOD as ASKED
from server.reports.consultation_words import asked_blocks, asked_sentences, found_block, told_block
from server.reports.icons import assurance_icon, variation_icon
from server.reports.kinds import Kind
from server.web.words import VERDICTS, count, day, interval, percent, target_percent

NO_DATA, TOO_FEW, NO_TARGET = "no data", "too few", "no target"


FIGURES = (
    Column("Responses", 2, numeric=True),
    Column("Answers", 2, numeric=True),
    Column("Positive", 2, numeric=True),
    Column("Likely between (95%)", 3, numeric=True),
    Column("Target", 2, numeric=True),
    Column("Against the target", 3),
)


def blocks(snapshot: Snapshot) -> list[Block]:
    """In the order in which they are read."""
    if snapshot["kind"] == Kind.CONSULTATION:
        return [
            _in_short(snapshot),
            *_changes(snapshot),
            *asked_blocks(snapshot),
            _weeks(snapshot),
            found_block(snapshot),
            _actions(snapshot),
            told_block(snapshot),
            Block("quality", "What these figures rest on", snapshot["quality"]),
            Block("method", "How it is counted", [*ASKED, *METHOD]),
            Block("numbers", "The numbers of the chart", table=points_table(snapshot)),
        ]
    if snapshot["kind"] == Kind.BOARD:
        return [
            _in_short(snapshot),
            *_changes(snapshot),
            _weeks(snapshot),
            _icons(snapshot),
            *_attention(snapshot),
            _actions(snapshot),
            Block("quality", "What these figures rest on", snapshot["quality"]),
        ]
    return [
        _in_short(snapshot),
        *_changes(snapshot),
        _weeks(snapshot),
        *_places(snapshot),
        _devices(snapshot),
        _figures("questions", "Questions", "Question", snapshot["questions"]),
        *_attention(snapshot),
        _actions(snapshot),
        Block("quality", "What these figures rest on", snapshot["quality"]),
        Block("method", "How it is counted", [*METHOD, OF_A_MONTH]),
        Block("numbers", "The numbers of the chart", table=points_table(snapshot)),
    ]


METHOD = [
    "Positive: positive answers out of positive, neutral and negative ones. Sums are of counts, never of percentages.",
    '"Likely between" is Wilson\'s 95% interval on the number of responses.',
    "The target is met when the whole interval is at or above it, missed when all of it is below.",
    "Otherwise nobody can tell yet.",
]
OF_A_MONTH = "A month of few responses mostly cannot tell: look at the thirteen weeks above."


def short_sentences(snapshot: Snapshot) -> list[str]:
    """The month in a few sentences."""
    [row] = snapshot["summary"]["data"]
    if snapshot["kind"] == Kind.CONSULTATION:
        return [*asked_sentences(snapshot), standing(row)]
    found = [f"{count(row['responses'], 'response')} in {snapshot['month_in_words']}. {standing(row)}"]
    weeks = snapshot["summary"]["thirteen_weeks"]
    if weeks is not None and weeks["positivity"] is not None:
        found.append(f"Over the thirteen weeks that end with the month: {standing(weeks)}")
    before = snapshot["summary"]["comparison"]
    if before is not None and before["positivity"] is not None and row["positivity"] is not None:
        points = before["difference_points"]
        found.append(
            f"The month before: {percent(before['positivity'])} of {count(before['responses'], 'response')}; "
            f"a difference of {points:+.1f} points, {before['conclusion']}."
        )
    return [*found, devices_sentence(snapshot["devices"])]


def standing(row: dict[str, Any]) -> str:
    """What can be said about a row's positivity and its target, and what cannot."""
    if row["precision"] == Precision.NO_DATA:
        return "No answers that count towards positivity."
    if row["positivity"] is None:
        return f"{count(row['n'], 'answer')}: too few to show a percentage."
    sure = f"{percent(row['positivity'])} of {count(row['n'], 'answer')} are positive, likely {interval(row['ci95'])}."
    if row["verdict"] is None:
        return sure
    side = "at or above" if row["at_or_above"] else "below"
    return f"{sure} {VERDICTS[Verdict(row['verdict'])].format(side=side, target=target_percent(row['target']))}"


def devices_sentence(devices: list[dict[str, Any]]) -> str:
    """How the devices stand against their targets, those without data too."""
    said = [against(each) for each in devices]
    parts = [f"{said.count(words)} {words}" for words in (*Verdict, TOO_FEW, NO_DATA, NO_TARGET) if words in said]
    return f"{count(len(devices), 'device')} against the target: {', '.join(parts)}." if devices else "No device."


def against(row: dict[str, Any]) -> str:
    """The verdict in words, or why there is none."""
    if row["suppressed"]:
        return TOO_FEW
    if row["verdict"] is None:
        return NO_DATA if row["n"] == 0 else NO_TARGET
    return str(row["verdict"])


def figures(row: dict[str, Any]) -> list[Cell]:
    """The cells of FIGURES."""
    shown = TOO_FEW if row["suppressed"] else percent(row["positivity"])
    return [
        f"{row['responses']:,}",
        f"{row['n']:,}",
        shown,
        interval(row["ci95"]),
        target_percent(row["target"]),
        against(row),
    ]


def _in_short(snapshot: Snapshot) -> Block:
    return Block("short", "In short", short_sentences(snapshot))


def _changes(snapshot: Snapshot) -> list[Block]:
    changes = snapshot.get("changes")
    return [Block("changes", "What this revision changed", changes)] if changes else []


def _weeks(snapshot: Snapshot) -> Block:
    chart = snapshot["weeks"]["chart"]
    bucket = snapshot["weeks"]["query"]["granularity"].capitalize()
    return Block("weeks", f"{bucket} by {bucket.lower()}", [chart["reading"]], chart=True)


def points_table(snapshot: Snapshot) -> Table:
    """The numbers of the chart, newest first."""
    zone, bucket = ZoneInfo(snapshot["timezone"]), snapshot["weeks"]["query"]["granularity"]

    def name(point: dict[str, Any]) -> str:
        first = datetime.fromisoformat(point["start"]).astimezone(zone).date()
        return f"{first:%B %Y}" if bucket == "month" else f"Week of {day(first)}"

    rows: list[list[Cell]] = [
        [name(point), *figures(point)[:4], percent(point["mean"]), _limits(point), point["kind"]]
        for point in reversed(snapshot["weeks"]["data"])
    ]
    columns = (Column(bucket.capitalize(), 4), *FIGURES[:4], Column("Mean", 2, numeric=True))
    more = (Column("Limits", 3, numeric=True), Column("What it is", 3))
    return Table(f"The chart's numbers by {bucket}", (*columns, *more), rows)


def _limits(point: dict[str, Any]) -> str:
    return interval(None if point["lower"] is None else (point["lower"], point["upper"]))


def _places(snapshot: Snapshot) -> list[Block]:
    found = [] if snapshot["service"] else [_figures("services", "Services", "Service", snapshot["services"])]
    return [*found, _figures("teams", "Teams", "Team", snapshot["teams"])]


def _figures(name: str, heading: str, first: str, rows: list[dict[str, Any]]) -> Block:
    lines: list[list[Cell]] = [[row["name"], *figures(row)] for row in rows]
    return Block(name, heading, table=Table(f"{heading} in the month", (Column(first, 4), *FIGURES), lines))


def _devices(snapshot: Snapshot) -> Block:
    rows: list[list[Cell]] = [
        [each["name"], each["team"] or "not placed", *figures(each)] for each in snapshot["devices"]
    ]
    columns = (Column("Device", 3), Column("Team", 3), *FIGURES)
    sentence = f"{devices_sentence(snapshot['devices'])} Every device is listed, also those without data."
    return Block("devices", "Devices against the target", [sentence], Table("Devices in the month", columns, rows))


def _icons(snapshot: Snapshot) -> Block:
    by_code = {each["code"]: each for each in snapshot["icons"]}
    rows: list[list[Cell]] = [
        [
            row["name"],
            *figures(row)[1:4],
            variation_icon(by_code[row["code"]]["variation"]),
            assurance_icon(by_code[row["code"]]["assurance"]),
        ]
        for row in snapshot["services"]
    ]
    columns = (Column("Service", 4), *FIGURES[1:4], Column("Variation", 5), Column("Assurance", 5))
    return Block("services", "Services", table=Table("Services: variation and assurance", columns, rows))


def _attention(snapshot: Snapshot) -> list[Block]:
    found = []
    for name, heading, none in (
        ("concerns", "Concerns", "No question is a concern by a rule that allows for many comparisons."),
        ("highlights", "Highlights", "No question stands out as very positive by the same rule."),
    ):
        rows: list[list[Cell]] = [
            [f"{row['name']}: {row['text']}", row["level"], *figures(row)[1:4], "; ".join(row["reasons"])]
            for row in snapshot[name]
        ]
        columns = (Column("Where and what", 6), Column("Level", 2), *FIGURES[1:4], Column("Why", 3))
        table = Table(f"{heading} of the month", columns, rows) if rows else None
        found.append(Block(name, heading, [] if rows else [none], table))
    return found


def _actions(snapshot: Snapshot) -> Block:
    rows: list[list[Cell]] = [
        [
            f"{row['title']} (for: {row['concern_title']})",
            row["status"],
            day(date.fromisoformat(row["started_on"])) if row["started_on"] else "not begun",
            f"{row['steps_done']} of {row['steps']}",
            row["effect"]["sentence"],
        ]
        for row in snapshot["actions"]
    ]
    columns = (Column("Action", 5), Column("Status", 2), Column("Since", 3), Column("Steps", 2), Column("Effect", 6))
    table = Table("Actions and their effects", columns, rows) if rows else None
    none = [] if rows else ["No action was planned or under way."]
    return Block("actions", "Actions and their effects", none, table)
