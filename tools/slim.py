"""Makes a set of modules smaller in a device's memory without changing what they do.

Four passes over the syntax trees, before mpy-cross sees them. A named number or text becomes itself wherever it is
used, across modules. What no module of the set uses, for instance the server's half of the protocol, is left out.
All names of ours become a few short ones that all modules share (tools/names.py), and so do parameters that nobody
passes by name. Every name that goes saves its text, its place in the interpreter's table of names, and its place in
each module that imports it.

What makes this safe is our style: names are imported by `from module import name` and never looked up by text.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools.names import letters_from, shorten
from tools.slim_errors import merge_errors, without_words

CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*$")
OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.BitOr: operator.or_,
    ast.LShift: operator.lshift,
}
Constants = dict[str, int | str]
Statements = list[ast.stmt]


def slim(sources: dict[str, str], roots: Iterable[str], wordless: Iterable[str] = ()) -> dict[str, str]:
    """Module name to source, and what comes out of it. `roots`: names that are used from outside (see `called_in`).

    `wordless`: modules whose ProtocolError and ValueError nobody reads on a device; they keep the reason alone.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    for name in wordless:
        without_words(trees[name])
    roots = set(roots)
    _fold(trees)
    merge_errors(trees)
    _shake(trees, set(roots))
    shorten(trees, roots)
    keywords = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for tree in trees.values():
        _Parameters({word for word in keywords if word}).visit(tree)
    return {name: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for name, tree in trees.items()}


def called_in(source: str) -> set[str]:
    """The attributes that this source uses: what a library outside the set may call of ours."""
    return {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}


def _fold(trees: dict[str, ast.Module]) -> None:
    known: dict[str, Constants] = {name: {} for name in trees}
    before = -1
    while before != (before := sum(map(len, known.values()))):  # until a round finds nothing new
        for name, tree in trees.items():
            for statement in tree.body:
                _learn(statement, known[name], known)
    for name, tree in trees.items():
        tree.body = [statement for statement in tree.body if not _is_known(statement, known[name])]
        trees[name] = _Fold(known[name], known).visit(tree)


def _learn(statement: ast.stmt, here: Constants, known: dict[str, Constants]) -> None:
    if isinstance(statement, ast.ImportFrom):
        source = known.get(statement.module or "", {})
        here.update(
            {alias.asname or alias.name: source[alias.name] for alias in statement.names if alias.name in source}
        )
    for name in _assigned(statement):
        value = _constant(statement.value, here)  # type: ignore[attr-defined]
        if value is not None:
            here[name] = value


def _assigned(statement: ast.stmt) -> Iterator[str]:
    """The constant's name, if the statement gives one its value."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and CONSTANT.match(target.id):
            yield target.id


def _constant(node: ast.expr, here: Constants) -> int | str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str):
        return node.value
    if isinstance(node, ast.Name):
        return here.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand, here)
        return -value if isinstance(value, int) else None
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _constant(node.left, here), _constant(node.right, here)
        if isinstance(left, int) and isinstance(right, int):
            return int(OPERATORS[type(node.op)](left, right))
    return None


def _is_known(statement: ast.stmt, here: Constants) -> bool:
    return any(name in here for name in _assigned(statement))


class _Fold(ast.NodeTransformer):
    """Puts the values in place of their names, and takes the names out of the imports."""

    def __init__(self, here: Constants, known: dict[str, Constants]) -> None:
        self._here = here
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._here:
            return ast.Constant(self._here[node.id])
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        source = self._known.get(node.module or "", {})
        for alias in node.names:
            if alias.name in source:  # also inside a function, where `_learn` does not look
                self._here.setdefault(alias.asname or alias.name, source[alias.name])
        node.names = [alias for alias in node.names if alias.name not in source]
        return node if node.names else None

    def visit_If(self, node: ast.If) -> ast.AST | Statements | None:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant) and node.test.value is False:  # if TYPE_CHECKING
            return node.orelse or None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        for argument in (*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
            if argument is not None:
                argument.annotation = None
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        self.generic_visit(node)
        return None if node.value is None else ast.Assign([node.target], node.value)


def _without_docstring(body: Statements) -> Statements:
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text else body


def _shake(trees: dict[str, ast.Module], live: set[str]) -> None:
    """Leave out functions, methods, classes and values whose name nothing that stays refers to."""
    waiting: list[ast.stmt] = []
    for tree in trees.values():
        for statement in tree.body:
            if _defined(statement):
                waiting += [statement, *_methods(statement)]
            else:
                live |= _referred(statement)
    kept: set[int] = set()
    while found := [each for each in waiting if _defined(each) & live and id(each) not in kept]:
        for each in found:
            kept.add(id(each))
            live |= _referred(each)
    for tree in trees.values():
        tree.body = [statement for statement in tree.body if not _defined(statement) or id(statement) in kept]
        for statement in tree.body:
            gone = {id(method) for method in _methods(statement)} - kept
            if isinstance(statement, ast.ClassDef):
                statement.body = [each for each in statement.body if id(each) not in gone] or [ast.Pass()]
        used = {name for statement in tree.body for name in _referred(statement, whole=True)}
        tree.body = [statement for statement in tree.body if _import_is_used(statement, used)]


def _defined(statement: ast.stmt) -> set[str]:
    """The names that a statement only gives a meaning to; none when it does something by itself."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return {statement.targets[0].id}
    return set()


def _methods(statement: ast.stmt) -> Statements:
    """The methods of a class, but for those that the language itself calls."""
    body = statement.body if isinstance(statement, ast.ClassDef) else []
    return [each for each in body if isinstance(each, ast.FunctionDef) and not each.name.startswith("__")]


def _referred(statement: ast.stmt, *, whole: bool = False) -> set[str]:
    """The names used in a statement; of a class without its methods, unless it is wanted `whole`."""
    if isinstance(statement, ast.ImportFrom | ast.Import):
        return set()
    if isinstance(statement, ast.ClassDef) and not whole:
        methods = _methods(statement)
        inside = [each for each in (*statement.body, *statement.bases) if each not in methods]
        nodes = [node for each in inside for node in ast.walk(each)]
    else:
        nodes = list(ast.walk(statement))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    inner = (node for node in nodes if isinstance(node, ast.ImportFrom))
    return names | {alias.name for node in inner for alias in node.names}


def _import_is_used(statement: ast.stmt, used: set[str]) -> bool:
    if isinstance(statement, ast.ImportFrom | ast.Import):
        statement.names = [alias for alias in statement.names if (alias.asname or alias.name).split(".")[0] in used]
        return bool(statement.names)
    return True


class _Parameters(ast.NodeTransformer):
    """The first parameter of every function becomes `a`, the second `b`, unless a call somewhere passes it by name."""

    def __init__(self, keywords: set[str]) -> None:
        self._keywords = keywords
        self._renamed: dict[str, str] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        outer = self._renamed
        self._renamed = {**outer, **self._names(node)}
        for argument in node.args.args:
            argument.arg = self._renamed.get(argument.arg, argument.arg)
        node.body = [self.visit(statement) for statement in node.body]
        self._renamed = outer
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._renamed.get(node.id, node.id)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        if node.args.args:
            raise ValueError(f"line {node.lineno}: write a function with a name in place of a lambda with parameters")
        self.generic_visit(node)
        return node

    def _names(self, function: ast.FunctionDef) -> dict[str, str]:
        """Old to new, for this function; a name that the function uses otherwise is not taken."""
        used = {each.id for each in ast.walk(function) if isinstance(each, ast.Name)}
        used |= {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
        free = (name for name in letters_from("a") if name not in used and name not in self._renamed.values())
        return {
            argument.arg: argument.arg if argument.arg in self._keywords else next(free)
            for argument in function.args.args
        }
