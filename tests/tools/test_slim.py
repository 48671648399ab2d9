"""Slimming leaves out names, not meaning."""

import ast
import sys
from types import ModuleType

import pytest

from tools.slim import slim

LIMITS = """
TOP = 1 << 4
HALF = TOP // 2
NAMES = ("a", "b")
UNUSED = (1, 2, 3)
"""
USER = """
from limits import HALF, NAMES, TOP as HIGHEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

class Counter:
    '''Counts.'''
    step: int = HALF

    def __init__(self, start: int) -> None:
        self._count = start
        self.names: list[str] = []

    def add(self, amount: int, *, twice: bool = False) -> "Any":
        '''Add.'''
        for _ in range(2 if twice else 1):
            self._count += _bounded(amount)
        return self._count

def _bounded(amount):
    def inner(value):
        return min(value + amount - amount, HIGHEST)
    return inner(amount)

def run(*, start=HALF):
    return Counter(start).add(100, twice=True), NAMES

def never_called():
    return UNKNOWN
"""


def run_slim(sources: dict[str, str]) -> tuple[object, dict[str, str]]:
    out = slim(sources, {"run"})
    modules = {name: ModuleType(name) for name in out}
    try:
        for name, source in out.items():
            sys.modules[name] = modules[name]
            exec(source, vars(modules[name]))  # noqa: S102 - the test's own source
        return modules["user"].run(), out
    finally:
        for name in out:
            sys.modules.pop(name, None)


def test_what_comes_out_does_the_same():
    result, _ = run_slim({"limits": LIMITS, "user": USER})
    assert result == (8 + 16 + 16, ("a", "b"))


def test_integers_stand_where_their_names_stood():
    _, out = run_slim({"limits": LIMITS, "user": USER})
    assert "TOP" not in out["limits"] + out["user"]
    assert "16" in out["user"]
    assert "from limits import" in out["user"]


def test_what_nobody_uses_is_left_out():
    _, out = run_slim({"limits": LIMITS, "user": USER})
    assert "UNUSED" not in out["limits"]
    assert "never_called" not in out["user"]
    assert "Any" not in out["user"]
    assert "Adds" not in out["user"]


def test_private_names_and_parameters_become_short_but_keywords_stay():
    _, out = run_slim({"limits": LIMITS, "user": USER})
    names = {node.id for node in ast.walk(ast.parse(out["user"])) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(ast.parse(out["user"])) if isinstance(node, ast.arg)}
    assert "_bounded" not in names
    assert "amount" not in names
    assert {"twice", "start"} <= names


def test_a_function_that_takes_a_function_without_a_name_is_refused():
    with pytest.raises(ValueError, match="lambda"):
        slim({"one": "def run(key):\n    return sorted([1], key=lambda key: -key)\n"}, {"run"})


ERRORS = """
class LimitError(ValueError):
    pass

class TooHighError(LimitError):
    pass

class TooLowError(LimitError):
    pass
"""
RAISING = """
from errors import LimitError, TooHighError, TooLowError

def check(value):
    if value > 3:
        raise TooHighError("high")
    if value < 0:
        raise TooLowError("low")
    if value == 2:
        raise ValueError("two")

def run():
    said = []
    for value in (5, -1, 2):
        try:
            check(value)
        except TooLowError as error:
            said.append("too low: " + str(error))
        except ValueError as error:
            said.append(str(error))
    return said
"""


def test_an_error_that_nobody_tells_from_its_base_becomes_its_base():
    result, out = run_slim({"errors": ERRORS, "user": RAISING})
    assert result == ["high", "too low: low", "two"]
    assert out["errors"].count("class") == 2


def test_errors_of_modules_whose_words_nobody_reads_keep_their_reason_alone():
    source = "def run():\n    raise ProtocolError('crc', 'the CRC of %d bytes' % 3)\n    raise ValueError('two')\n"
    wordless = slim({"user": source}, {"run"}, ["user"])["user"]
    assert "raise ProtocolError('crc', '')" in wordless
    assert "raise ValueError()" in wordless
    assert "the CRC of" in slim({"user": source}, {"run"})["user"]
