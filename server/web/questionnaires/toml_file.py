"""A definition as the TOML file that people edit, and the line of such a file that something stands in."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from protocol.screen import SCREEN_TEXTS
from server.fleet.definition import Place

# As docs/questionnaires.md has them: the database keeps no order of names. Others come after these.
ORDER = (
    *("code", "question_id", "name", "title", "kind", "topic", "objective", "version", "languages", "core"),
    *("sentiment", "face", "text", "label", "checked_by", "texts", *SCREEN_TEXTS, "questions", "options"),
)
BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def as_toml(definition: Mapping[str, Any]) -> str:
    """What tomllib reads back as the same definition."""
    order = {name: number for number, name in enumerate((*ORDER, *definition.get("languages", [])))}
    return "\n".join(_table(_ordered(definition, order), ())).lstrip("\n") + "\n"


def _ordered(value: Any, order: Mapping[str, int]) -> Any:
    if isinstance(value, list):
        return [_ordered(each, order) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _ordered(value[name], order) for name in sorted(value, key=lambda name: order.get(name, len(order)))}


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table's own values first, for what follows a heading belongs to it."""
    inner = {key: value for key, value in table.items() if _is_tables(value) or (not path and isinstance(value, dict))}
    for key, value in table.items():
        if key not in inner:
            yield from _pairs((key,), value)
    for key, value in inner.items():
        heading = ".".join(_key(step) for step in (*path, key))
        for each in value if isinstance(value, list) else [value]:
            yield ""
            yield f"[[{heading}]]" if isinstance(value, list) else f"[{heading}]"
            yield from _table(each, (*path, key))


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _pairs(path: tuple[str, ...], value: Any) -> Iterator[str]:
    """`text.en = "..."`: a line for each language."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _pairs((*path, key), each)
    else:
        yield f"{'.'.join(_key(step) for step in path)} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # JSON's strings, numbers and truth values are TOML's, but for one letter.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if key and set(key) <= BARE else _value(key)


def line_of(text: str, place: Place) -> int:
    """The line, from 1, in which this place of the file begins to be there, or as much of it as there is."""
    lines = text.splitlines()
    whole = _parsed(text)
    while place and (whole is None or not _has(whole, place)):
        place = place[:-1]
    if not place or whole is None:
        return 1
    low, high = 0, len(lines)
    while low < high:  # it is in the first `high` lines, and not in the first `low`
        middle = (low + high) // 2
        if _has(_beginning(text, middle), place):
            high = middle
        else:
            low = middle + 1
    return high


@lru_cache(maxsize=2048)
def _beginning(text: str, count: int) -> Any:
    """What the first lines hold. Where they end inside a list, that is closed; else what was whole before it."""
    lines = text.splitlines()[:count]
    while lines:
        begun = "\n".join(lines)
        for closing in ("", "\n]", "\n}]"):
            if (found := _parsed(begun.rstrip().rstrip(",") + closing if closing else begun)) is not None:
                return found
        lines.pop()
    return {}


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # TOMLDecodeError among them
        return None


def _has(here: Any, place: Sequence[str | int]) -> bool:
    for step in place:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
