"""A report as a workbook: the figures of its snapshot as real tables with a chart, text that no spreadsheet runs."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from server.api.rows import defused
from server.reports.blocks import Snapshot
from server.reports.document import against, short_sentences
from server.reports.stamp import Stamp, stamp_lines

Value = str | int | float | None
PLACE = ("code", "name")
DEVICE = ("device", "name", "team", "service")
FINDING = ("code", "name", "question", "text", "level")
FIGURES = ("responses", "n", "positive", "positivity", "lower", "upper", "target", "verdict", "withheld")
OPTION = ("question", "text", "option", "label", "sentiment", "chosen", "n", "share", "lower", "upper", "withheld")
WEEK = ("period", *FIGURES, "mean", "lower_limit", "upper_limit", "kind", "rule")
ASKED = ("asked", "complete", "partial", "declined")
CONSULTATION = {
    "asked": ("services", (*PLACE, *ASKED)),
    "asked_by_month": ("months", ("month", *ASKED)),
    "found": ("found", ("concern", "title", "origin", "raised_on", "status", "closed_on")),
    "told": ("told", ("you_said", "words", "from", "to")),
}  # sheet: the list it holds, with its columns
ACTION = ("action", "title", "concern_title", "status", "started_on", "steps", "steps_done", "effect")
WIDE, NARROW = 34, 13
STYLE = {"style": "Table Style Light 9"}


def as_xlsx(snapshot: Snapshot, stamp: Stamp) -> bytes:
    """The workbook; the same bytes whenever it is made of the same."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    at = stamp.issued_at or datetime.fromisoformat(snapshot["as_of"])
    title = f"{snapshot['title']}: {snapshot['subject']}, {snapshot['month_in_words']}"
    book.set_properties({"title": title, "author": snapshot["organisation"], "created": at.replace(tzinfo=None)})
    _summary(book, snapshot, stamp, title)
    for name in ("services", "teams", "questions", "objectives"):
        _table(book, name, (*PLACE, *FIGURES), [_figures(row, PLACE) for row in snapshot[name]])
    _table(book, "devices", (*DEVICE, *FIGURES), [_figures(row, DEVICE) for row in snapshot["devices"]])
    _table(book, "options", OPTION, [_option(row) for row in snapshot["options"]])
    _weeks(book, snapshot)
    for name in ("concerns", "highlights"):
        rows = [[*_figures(row, FINDING), "; ".join(row["reasons"])] for row in snapshot[name]]
        _table(book, name, (*FINDING, *FIGURES, "reasons"), rows)
    _table(book, "actions", ACTION, [_action(row) for row in snapshot["actions"]])
    for sheet, (name, columns) in CONSULTATION.items() if "consultation" in snapshot else ():
        rows = [[row[column] for column in columns] for row in snapshot["consultation"][name]]
        _table(book, sheet, columns, rows)
    book.close()
    return file.getvalue()


def _summary(book: Any, snapshot: Snapshot, stamp: Stamp, title: str) -> None:
    sheet = book.add_worksheet("summary")
    sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    sheet.write_string(0, 0, defused(title), book.add_format({"bold": True, "font_size": 14}))
    lines = [*short_sentences(snapshot), *snapshot.get("changes", []), *snapshot["quality"]]
    for number, line in enumerate([*lines, *stamp_lines(snapshot, stamp)], start=2):
        sheet.write_string(number, 0, defused(line))
    rows = [[None, *_figures(row, ())] for row in snapshot["summary"]["data"]]
    _table(book, "month", ("of", *FIGURES), [[snapshot["subject"], *row[1:]] for row in rows])


def _table(book: Any, name: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Any:
    """A sheet with one real table; one without rows says so."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, WIDE if column in ("name", "text", "title", "effect", "of", "words") else NARROW)
    held = rows or [["none", *[None] * (len(columns) - 1)]]
    headers = [{"header": column} for column in columns]
    sheet.add_table(0, 0, len(held), len(columns) - 1, {"columns": headers, "name": f"pet_{name}", **STYLE})
    for line, row in enumerate(held, start=1):
        for place, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(line, place, value)
            elif value is not None:
                sheet.write_string(line, place, defused(value))
    return sheet


def _weeks(book: Any, snapshot: Snapshot) -> None:
    bucket = snapshot["weeks"]["query"]["granularity"]
    name, points = f"{bucket}s", snapshot["weeks"]["data"]
    sheet = _table(book, name, WEEK, [_week(point) for point in points])
    chart = book.add_chart({"type": "line"})
    for column in ("positivity", "target", "mean", "lower_limit", "upper_limit"):
        place = WEEK.index(column)
        span = [name, 1, place, len(points), place]
        chart.add_series({"name": column, "categories": [name, 1, 0, len(points), 0], "values": span})
    chart.set_title({"name": f"Positive answers by {bucket}, percent"})
    chart.set_y_axis({"max": 100})
    chart.set_size({"width": 900, "height": 380})
    sheet.insert_chart(len(points) + 3, 0, chart, {"description": snapshot["weeks"]["chart"]["reading"]})


def _figures(row: dict[str, Any], names: Sequence[str]) -> list[Value]:
    lower, upper = row["ci95"] or (None, None)
    found = [row["responses"], row["n"], row["positive"], row["positivity"], lower, upper, row["target"]]
    return [*(row[name] for name in names), *found, against(row), row["withheld"]]


def _option(row: dict[str, Any]) -> list[Value]:
    lower, upper = row["ci95"] or (None, None)
    named = {**row, "lower": lower, "upper": upper}
    return [named[name] for name in OPTION]


def _week(point: dict[str, Any]) -> list[Value]:
    return [
        point["period"],
        *_figures(point, ()),
        *(point[name] for name in ("mean", "lower", "upper", "kind", "rule")),
    ]


def _action(row: dict[str, Any]) -> list[Value]:
    named = {**row, "effect": row["effect"]["sentence"]}
    return [named[name] for name in ACTION]
