"""A file of comma-separated values as rows with line numbers, or one sentence on why it cannot be read at all."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import NamedTuple

from server.errors import OperatorError

FILE_BYTES_MAX = 20 * 1024 * 1024  # some 100,000 rows; it is held in memory, and kept in the database
ROWS_MAX = 100_000  # what one transaction stores in well under a minute
LINE_LETTERS_MAX = 20_000  # no response is so long: the quotes or the line ends are wrong
COLUMNS_MAX = 200
DELIMITERS = (",", ";", "\t")  # spreadsheets choose by the country they are in
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
BYTE_ORDER_MARK = "\ufeff"
SAVE_AS = "Save it as CSV in UTF-8: in Excel, File, Save As, 'CSV UTF-8'."


class ImportFileError(OperatorError):
    """The file as a whole cannot be read: where, why, and what to do."""


class Line(NamedTuple):
    """One row of the file. `number` is that of its last line, counted from 1; `cells` have no spaces around them."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """What the header names, and the rows below it; rows that are empty throughout are left out."""

    columns: list[str]
    lines: list[Line]


def read_table(data: bytes) -> Table:
    """The file's bytes as a table. Raises ImportFileError."""
    text = _decode(data)
    _check_lines(text)
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        raise ImportFileError("the file is empty: its first line names the columns.")
    columns = _columns(header)
    table = Table(columns, [])
    for line in lines:
        if not any(line.cells):
            continue
        if len(table.lines) == ROWS_MAX:
            raise ImportFileError(f"the file has more than {ROWS_MAX} rows: split it in several.")
        table.lines.append(line)
    if not table.lines:
        raise ImportFileError("the file has a header and no rows below it.")
    return table


def _decode(data: bytes) -> str:
    if len(data) > FILE_BYTES_MAX:
        raise ImportFileError(f"the file has {len(data)} bytes, more than {FILE_BYTES_MAX}: split it in several.")
    encoding = OTHER_ENCODINGS.get(data[:2])
    if encoding is not None:
        raise ImportFileError(f"the file is in {encoding}. {SAVE_AS}")
    if data[:4] == b"PK\x03\x04":
        raise ImportFileError(f"the file is a workbook, not CSV. {SAVE_AS}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise ImportFileError(
            f"line {line}, byte {column}: 0x{data[error.start]:02x} is not UTF-8; the file may be in Windows-1252."
            f" {SAVE_AS}"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ImportFileError(f"line {line} holds a zero byte: this is no text. {SAVE_AS}")
    return text.removeprefix(BYTE_ORDER_MARK)


def _check_lines(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_LETTERS_MAX:
            raise ImportFileError(
                f"line {number} has {len(line)} letters, more than {LINE_LETTERS_MAX}: are its line ends lost?"
            )


def _lines(text: str) -> Iterator[Line]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            yield Line(reader.line_num, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise ImportFileError(
            f"line {reader.line_num} cannot be read ({error}): a cell with a quote, a delimiter or a line end in it"
            ' stands between quotes, and a quote in it is written twice ("").'
        ) from None


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)  # the comma where there is none


def _columns(header: Line) -> list[str]:
    columns = header.cells
    if len(columns) > COLUMNS_MAX:
        raise ImportFileError(f"the header names {len(columns)} columns, more than {COLUMNS_MAX}.")
    for column in columns:
        if columns.count(column) > 1:
            named = f"the column {column}" if column else "a column without a name"
            raise ImportFileError(f"line {header.number}: {named} stands there more than once.")
    return columns
