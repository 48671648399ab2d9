"""Gives every name of ours a short one, as few of them as can be: a device keeps each name for ever once it is met.

Two attributes may have one short name unless some class or named tuple has both: an attribute is looked up in its
object alone. So three hundred attributes get by with some fifty names. What stands at the top of a module has a place
of its own in that module. Upper case, so that no local variable or parameter is called alike.

What keeps its name: all that the interpreter, its modules and the MQTT library know, and `kept`.
"""

from __future__ import annotations

import array
import ast
import binascii
import builtins
import collections
import errno
import gc
import hashlib
import io
import itertools
import json
import os
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Names = dict[str, str]
TYPINGS = Path(__file__).resolve().parents[1] / "firmware" / "typings"
# What the device's code uses of the interpreter: CPython's has the same names, and more.
MODULES = (array, binascii, builtins, collections, errno, gc, hashlib, io, json, os, select, socket, ssl, struct)
TYPES = (object, str, bytes, bytearray, int, list, dict, set, tuple, memoryview, OSError, io.BytesIO, io.StringIO)
OTHERS = (sys, sys.implementation, time, array.array, hashlib.sha256(), socket.socket, ssl.SSLContext, ssl.SSLSocket)


def shorten(trees: Mapping[str, ast.Module], kept: Iterable[str]) -> None:
    """Rename in place. `trees`: all modules of a device."""
    keep = {*kept, *_known_outside(), *_keywords(trees.values())}
    attributes = _colour(_members(trees.values()), keep)
    tops = {name: _tops(tree, keep) for name, tree in trees.items()}
    for name, tree in trees.items():
        _Rename(name, tops, attributes).visit(tree)


def _known_outside() -> set[str]:
    """The names of the interpreter's modules and types, and of the modules that only a device has."""
    known = {name for each in (*MODULES, *TYPES, *OTHERS) for name in dir(each)}
    known |= {"register", "unregister", "poll", "ipoll", "modify"}  # of select.poll, which not every system has
    for stub in TYPINGS.rglob("*.pyi"):
        for node in ast.walk(ast.parse(stub.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                known.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                known.add(node.target.id)
    return known


def _keywords(trees: Iterable[ast.Module]) -> set[str]:
    """Fields may be given by name too."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}


def _members(trees: Iterable[ast.Module]) -> list[set[str]]:
    """The attributes of each class, with those of its bases, and of each named tuple."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    own = {node.name: set[str]() for node in classes}
    for node in classes:  # two modules may have a class of the same name: then both count as one
        own[node.name] |= _own_members(node)
    groups = []
    for node in classes:
        members = set(own[node.name])
        bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in own]
        while bases:
            base = bases.pop()
            members |= own[base]
            bases += [
                above.id
                for each in classes
                if each.name == base
                for above in each.bases
                if isinstance(above, ast.Name) and above.id in own
            ]
        groups.append(members)
    calls = (node for tree in trees for node in ast.walk(tree) if _is_named_tuple(node))
    return groups + [set(_fields(call)) for call in calls]


def _own_members(node: ast.ClassDef) -> set[str]:
    members: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            members.add(statement.name)
        elif isinstance(statement, ast.Assign):
            members |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and isinstance(each.value, ast.Name):
            members.add(each.attr)
    return members


def _is_named_tuple(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "namedtuple"


def _fields(call: ast.AST) -> list[str]:
    assert isinstance(call, ast.Call)
    fields = ast.literal_eval(call.args[1])
    return fields.split() if isinstance(fields, str) else list(fields)


def _colour(groups: list[set[str]], keep: set[str]) -> Names:
    """Old to new; different for any two of a group."""
    meets: dict[str, set[str]] = {}
    for group in groups:
        ours = {name for name in group if name not in keep and not name.startswith("__")}
        for name in ours:
            meets.setdefault(name, set()).update(ours)
    short: Names = {}
    for name in sorted(meets, key=lambda name: (-len(meets[name]), name)):
        taken = {short[other] for other in meets[name] if other in short}
        short[name] = next(letters for letters in letters_from("A") if letters not in taken | keep)
    return short


def _tops(tree: ast.Module, keep: set[str]) -> Names:
    """What a module defines at its top, old to new."""
    defined: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            defined.append(statement.name)
        elif isinstance(statement, ast.Assign):
            defined += [target.id for target in statement.targets if isinstance(target, ast.Name)]
    ours = [name for name in dict.fromkeys(defined) if name not in keep and not name.startswith("__")]
    free = (letters for letters in letters_from("A") if letters not in keep)
    return dict(zip(ours, free, strict=False))


class _Rename(ast.NodeTransformer):
    """Writes the new names into one module."""

    def __init__(self, module: str, tops: Mapping[str, Names], attributes: Names) -> None:
        self._tops = tops
        self._attributes = attributes
        self._here = dict(tops[module])  # of the names that are looked up in the module
        self._taken = set(self._here.values())

    def visit_Module(self, node: ast.Module) -> ast.Module:
        for statement in node.body:
            if isinstance(statement, ast.ImportFrom) and statement.module in self._tops:
                self._import(statement)
        self.generic_visit(node)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        theirs = self._tops.get(node.module or "", {})
        for alias in node.names:
            local = alias.asname or alias.name
            alias.name = theirs.get(alias.name, alias.name)
            new = self._here.get(local, local)
            alias.asname = None if new == alias.name else new
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.bases = [self.visit(base) for base in node.bases]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                if any(isinstance(each, ast.Name) for each in statement.args.defaults):
                    # It would be looked up among the methods first, whose new names it knows nothing of.
                    raise ValueError(
                        f"{node.name}.{statement.name}: a default that is a name; write what it stands for"
                    )
                method = statement.name  # the module may have a function of that name
                self.visit(statement)
                statement.name = self._attributes.get(method, method)
            elif isinstance(statement, ast.Assign):
                statement.value = self.visit(statement.value)
                for target in statement.targets:
                    assert isinstance(target, ast.Name)
                    target.id = self._attributes.get(target.id, target.id)
        node.name = self._here.get(node.name, node.name)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        at_top = node.name in self._here
        outer = self._here
        self._here = {old: new for old, new in outer.items() if old not in _locals(node)}
        node.body = [self.visit(statement) for statement in node.body]
        self._here = outer
        if at_top:
            node.name = outer[node.name]
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if _is_named_tuple(node):
            fields = [self._attributes.get(field, field) for field in _fields(node)]
            name = ast.Constant("T")
            return ast.Call(node.func, [name, ast.Tuple([ast.Constant(field) for field in fields], ast.Load())], [])
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._here.get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.attr = self._attributes.get(node.attr, node.attr)
        return node

    def _import(self, statement: ast.ImportFrom) -> None:
        """A name from another module of ours gets a place in this one."""
        for alias in statement.names:
            local = alias.asname or alias.name
            if alias.name in self._tops[statement.module or ""] and local not in self._here:
                new = next(letters for letters in letters_from("A") if letters not in self._taken)
                self._taken.add(new)
                self._here[local] = new


def _locals(function: ast.FunctionDef) -> set[str]:
    """The names that are a function's own: parameters, what it assigns, imports or defines."""
    own: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            own |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef) and node is not function:
            own.add(node.name)
    return own


def letters_from(first: str) -> Iterator[str]:
    """A, B, ... Z, AA, BA, ... for ever, where `first` is A."""
    for number in itertools.count():
        letters = ""
        while not letters or number:
            number, letter = divmod(number, 26)  # noqa: PLW2901
            letters += chr(ord(first) + letter)
        yield letters
