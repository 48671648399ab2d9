"""Every public part of the measures says what it is; what refuses input says that it does."""

import ast

import pytest

from tests.parts import ROOT

MODULES = sorted((ROOT / "server/measures").glob("*.py"))


def public(module):
    """Top-level functions and classes, and the methods of these; not functions within functions."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(inner for each in classes for inner in each.body)]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_everything_public_is_explained(module):
    assert [node.name for node in public(module) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_what_raises_says_so(module):
    functions = [node for node in public(module) if isinstance(node, ast.FunctionDef)]
    raising = [node for node in functions if any(isinstance(inner, ast.Raise) for inner in ast.walk(node))]
    assert [node.name for node in raising if "Raises" not in (ast.get_docstring(node) or "")] == []
