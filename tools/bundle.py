"""Puts modules together into a few bundles: each module costs memory for itself, its names and every import of one.

A device also finds few files faster than many: each import looks through the flash for several names. Modules of one
bundle share one namespace; a name that two modules give a meaning to is told apart by its module's name.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping

Names = dict[str, str]
SWITCH = "TYPE_CHECKING"


def bundle(sources: Mapping[str, str], bundles: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Bundle name to source. `bundles`: for each the modules in it; every module of `sources` is in exactly one."""
    trees = {module: _without_types(ast.parse(source)) for module, source in sources.items()}
    home = {module: name for name, modules in bundles.items() for module in modules}
    new_names = _unique_names(trees)
    bundled = {}
    for name, modules in bundles.items():
        body: list[ast.stmt] = []
        for module in _in_order(trees, set(modules)):
            body += _Move(module, home, new_names).moved(trees[module])
        bundled[name] = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
    return bundled


def _without_types(tree: ast.Module) -> ast.Module:
    """Leave out docstring and what only the type checker reads."""
    tree.body = [
        statement
        for statement in tree.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        and not (isinstance(statement, ast.Assign) and SWITCH in _assigned(statement))
        and not (isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and statement.test.id == SWITCH)
    ]
    return tree


def _assigned(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _top_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            names |= _assigned(statement)
    return names


def _unique_names(trees: Mapping[str, ast.Module]) -> dict[str, Names]:
    """For each module: its top-level names, and what they are called in the bundles; no two are called alike."""
    tops = {module: _top_names(tree) for module, tree in trees.items()}
    times = Counter(name for names in tops.values() for name in names)
    return {
        module: {name: name if times[name] == 1 else _told_apart(name, module) for name in names}
        for module, names in tops.items()
    }


def _told_apart(name: str, module: str) -> str:
    suffix = module.replace(".", "_")
    return f"{name}_{suffix.upper() if name.isupper() else suffix}"  # a constant still looks like one


def _in_order(trees: Mapping[str, ast.Module], modules: set[str]) -> list[str]:
    """The modules of a bundle, each after those that it imports."""
    ordered: list[str] = []

    def add(module: str) -> None:
        if module in modules and module not in ordered:
            for statement in trees[module].body:
                if isinstance(statement, ast.ImportFrom):
                    add(statement.module or "")
            ordered.append(module)

    for module in sorted(modules):
        add(module)
    return ordered


class _Move(ast.NodeTransformer):
    """Rewrites one module for its place in a bundle."""

    def __init__(self, module: str, home: Mapping[str, str], new_names: Mapping[str, Names]) -> None:
        self._bundle = home[module]
        self._home = home
        self._new_names = new_names
        self._names: Names = dict(new_names[module])
        self._at_top: set[ast.stmt] = set()

    def moved(self, tree: ast.Module) -> list[ast.stmt]:
        """The statements of the bundle that come of this module."""
        self._at_top = set(tree.body)
        for statement in tree.body:
            if isinstance(statement, ast.ImportFrom):
                self._learn(statement)
        return [moved for statement in tree.body if (moved := self.visit(statement)) is not None]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        if node.module is None or node.module not in self._home:
            return node
        self._learn(node)
        if self._home[node.module] == self._bundle:
            return None
        names = [ast.alias(self._new_names[node.module][alias.name]) for alias in node.names]
        return ast.ImportFrom(self._home[node.module], names, 0)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        if node in self._at_top:
            node.name = self._names.get(node.name, node.name)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        local = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        local |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        outer = self._names
        self._names = {old: new for old, new in outer.items() if old not in local}
        self.generic_visit(node)
        self._names = outer
        if node in self._at_top:
            node.name = self._names.get(node.name, node.name)
        return node

    def _learn(self, node: ast.ImportFrom) -> None:
        theirs = self._new_names.get(node.module or "", {})
        for alias in node.names:
            if alias.name in theirs:
                self._names[alias.asname or alias.name] = theirs[alias.name]
