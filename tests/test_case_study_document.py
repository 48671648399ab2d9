"""docs/case-study.md: each of the 49 statements has its row, and each test that a row names exists and is collected."""

import ast
import re

import pytest

from tests.parts import ROOT

PAGE = ROOT / "docs/case-study.md"
STATEMENTS = 49
ROW = re.compile(r"^\| (\d+) \| .* \| .* \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = [(int(number), TEST.findall(held)) for number, held in ROW.findall(PAGE.read_text(encoding="utf-8"))]
NAMED = sorted({each for _, tests in ROWS for each in tests})


def test_each_statement_has_its_row_and_a_test():
    assert [number for number, _ in ROWS] == list(range(1, STATEMENTS + 1))
    assert [number for number, tests in ROWS if not tests] == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists_and_is_run(file, name):
    """By pytest, or, where only MicroPython can, by test_on_micropython.py, which runs every file of that name."""
    path = ROOT / file
    functions = {each.name: each for each in ast.parse(path.read_text()).body if isinstance(each, ast.FunctionDef)}
    assert name in functions
    marks = [ast.unparse(each) for each in functions[name].decorator_list]
    assert not [mark for mark in marks if "skip" in mark or "xfail" in mark]
    assert path.name.startswith(("test_", "micropython_"))
