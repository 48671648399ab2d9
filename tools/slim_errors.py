"""Makes the errors of a set of modules smaller: their words where nobody reads them, classes nobody tells apart."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping


def without_words(tree: ast.Module) -> None:
    """In place: ProtocolError keeps its reason alone, ValueError nothing."""
    _Wordless().visit(tree)


def merge_errors(trees: Mapping[str, ast.Module]) -> None:
    """An error that is raised and never told from its base becomes its base: each class takes some 400 bytes."""
    for tree in trees.values():
        for error in [each for each in tree.body if _is_bare(each)]:
            assert isinstance(error, ast.ClassDef)
            (base,) = error.bases
            assert isinstance(base, ast.Name)
            nodes = [node for each in trees.values() for node in ast.walk(each)]
            raised = [node.exc.func for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
            uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == error.name]
            if uses and all(use in raised for use in uses):
                tree.body.remove(error)
                for use in uses:
                    use.id = base.id
                for alias in (alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names):
                    alias.name = base.id if alias.name == error.name else alias.name


def _is_bare(statement: ast.stmt) -> bool:
    """Whether it is a class with nothing of its own, on an error of ours."""
    if not isinstance(statement, ast.ClassDef) or len(statement.bases) != 1:
        return False
    base = statement.bases[0]
    ours = isinstance(base, ast.Name) and base.id.endswith("Error") and base.id not in dir(builtins)
    return ours and all(isinstance(each, ast.Pass) for each in statement.body)


class _Wordless(ast.NodeTransformer):
    """Takes the words out of errors that say by their kind, or by their reason, all that a device acts upon."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        error = node.exc
        if isinstance(error, ast.Call) and isinstance(error.func, ast.Name):
            if error.func.id == "ProtocolError":
                error.args[1:] = [ast.Constant("")]
            elif error.func.id == "ValueError":
                error.args = []
        return node
