"""One answer's rows as a table: the same columns and values, whether they become CSV or a workbook."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from csv import writer
from io import BytesIO, StringIO
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from xlsxwriter import Workbook  # type: ignore[import-untyped]

Value = str | int | float | bool | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ENDS = ("lower", "upper")  # of an interval: two columns
LIST_SEPARATOR = "; "
NOTHING: Mapping[str, Value] = {}


def columns(model: type[BaseModel], before: str = "") -> list[str]:
    """The names of the columns of such rows, whatever values they hold: `ci95` is ci95_lower and ci95_upper."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        kind, label = _plain(field.annotation), before + (field.serialization_alias or field.alias or name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += columns(kind, f"{label}_")
        elif get_origin(kind) is tuple:
            found += [f"{label}_{end}" for end in ENDS]
        else:
            found.append(label)
    return found


def cells(row: BaseModel) -> list[Value]:
    """The values of a row, one a column, as JSON has them; text that a spreadsheet would run is defused."""
    return list(_cells(type(row), row.model_dump(mode="json")))


def as_csv(model: type[BaseModel], rows: Iterable[BaseModel], beside: Mapping[str, Value] = NOTHING) -> str:
    """RFC 4180 with a heading; an empty cell is null. `beside`: last columns, with the same value in every row."""
    text = StringIO()
    lines = writer(text)
    lines.writerow([*columns(model), *beside])
    for row in rows:
        lines.writerow(_spelled(value) for value in (*cells(row), *beside.values()))
    return text.getvalue()


def as_ndjson(rows: Iterable[BaseModel]) -> str:
    """One JSON object a line."""
    return "".join(f"{row.model_dump_json(by_alias=True)}\n" for row in rows)


def as_workbook(
    model: type[BaseModel],
    rows: Iterable[BaseModel],
    about: BaseModel | None = None,
    beside: Mapping[str, Value] = NOTHING,
) -> bytes:
    """As `as_csv`: a sheet `data` with real numbers; a sheet `about`: what was asked, what the reader should know."""
    file = BytesIO()
    # Row by row to a temporary file: memory does not grow with the rows.
    book = Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("data")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, [*columns(model), *beside], bold)
    for number, row in enumerate(rows, start=1):
        _write(sheet, number, [*cells(row), *beside.values()])
    if about is not None:
        sheet = book.add_worksheet("about")
        for number, (name, value) in enumerate(_leaves(about.model_dump(mode="json", exclude={"data"}))):
            _write(sheet, number, [name, value])
    book.close()
    return file.getvalue()


def defused(text: str) -> str:
    """So that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write(sheet: Any, number: int, values: Sequence[Value]) -> None:
    for place, value in enumerate(values):
        if isinstance(value, bool):
            sheet.write_boolean(number, place, value)
        elif isinstance(value, int | float):
            sheet.write_number(number, place, value)
        elif value is not None:
            sheet.write_string(number, place, value)


def _spelled(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _cells(model: type[BaseModel], values: dict[str, Any]) -> Iterator[Value]:
    for name, field in model.model_fields.items():
        kind = _plain(field.annotation)
        value = values[name] if name in values else values[field.serialization_alias or field.alias or name]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from [None] * len(columns(kind)) if value is None else _cells(kind, value)
        elif get_origin(kind) is tuple:
            yield from value or [None] * len(ENDS)
        elif isinstance(value, list):
            yield defused(LIST_SEPARATOR.join(map(str, value)))
        else:
            yield defused(value) if isinstance(value, str) else value


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Value]]:
    """What a nested answer holds besides its rows, by dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield name, defused(LIST_SEPARATOR.join(map(str, value)))
    else:
        yield name, defused(value) if isinstance(value, str) else value


def _plain(annotation: Any) -> Any:
    """The type without `| None` and without what only describes it."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in {UnionType, Union}:
        inner = [each for each in get_args(annotation) if each is not NoneType]
        return _plain(inner[0]) if len(inner) == 1 else annotation
    return annotation
