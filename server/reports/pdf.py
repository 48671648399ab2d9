"""A report as PDF: typeset by typst from its snapshot, tagged (PDF/UA-1), the same bytes wherever it is made."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst

from server.reports.blocks import Cell, Snapshot
from server.reports.document import blocks
from server.reports.icons import Icon
from server.reports.kinds import Kind
from server.reports.pictures import weeks_picture
from server.reports.stamp import Stamp, stamp_lines
from server.web.raster import fonts, plain

TEMPLATE = Path(__file__).with_name("report.typ")


def as_pdf(snapshot: Snapshot, stamp: Stamp) -> bytes:
    """The report. Its date is that of the stamp or snapshot, never that of the machine's clock."""
    at = stamp.issued_at or datetime.fromisoformat(snapshot["as_of"])
    made: bytes = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"report": json.dumps(_told(snapshot, stamp, at)), "chart": plain(weeks_picture(snapshot))},
        timestamp=at,
    )
    return made


def as_pages(snapshot: Snapshot, stamp: Stamp, dots_per_inch: int = 60) -> list[bytes]:
    """Its pages as PNG: to look at."""
    at = stamp.issued_at or datetime.fromisoformat(snapshot["as_of"])
    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        format="png",
        ppi=dots_per_inch,
        sys_inputs={"report": json.dumps(_told(snapshot, stamp, at)), "chart": plain(weeks_picture(snapshot))},
    )
    pages: Any = made  # a list where there are several
    return pages if isinstance(pages, list) else [pages]


def _told(snapshot: Snapshot, stamp: Stamp, at: datetime) -> dict[str, Any]:
    local = at.astimezone(ZoneInfo(snapshot["timezone"]))
    return {
        **{name: snapshot[name] for name in ("title", "organisation", "subject", "month_in_words", "audience")},
        "date": [local.year, local.month, local.day],
        "draft": stamp.issued_at is None,
        "stamp": stamp_lines(snapshot, stamp),
        "chart_words": snapshot["weeks"]["chart"]["reading"],
        "dense": snapshot["kind"] == Kind.BOARD,
        "blocks": [_block(asdict(each)) for each in blocks(snapshot)],
    }


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """With cells that typst can tell apart."""
    table = block["table"]
    if table is not None:
        table["columns"] = [{"text": text, "width": width, "numeric": right} for text, width, right in table["columns"]]
        table["rows"] = [[_cell(cell) for cell in row] for row in table["rows"]]
    return block


def _cell(cell: Cell) -> dict[str, str]:
    return {"text": cell.text, "svg": cell.svg} if isinstance(cell, Icon) else {"text": cell}
