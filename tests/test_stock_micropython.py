"""What the device's modules ask of MicroPython is there in stock 1.26 to 1.29 for the ESP32, release by release.

A name that one release lacks may only be used where `hasattr` has just found it. The names come from the stubs that
`make setup` puts into .venv/stubs; the modules that have none of their own are listed here.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import ROOT
from tools import application

STUBS = Path(sys.prefix) / "stubs"
RELEASES = ("1.26.0", "1.27.0", "1.28.0", "1.29.0")
ALIASES = {"ssl": "tls"}  # ssl is a few lines over tls, frozen into the stock build
# Modules that MicroPython shares with CPython, for which the stubs lend CPython's (far too long) lists. These names are
# in the documentation of 1.26; our tests of the firmware run them all in a real MicroPython.
COMMON = {
    "array": {"array"},
    "collections": {"namedtuple"},
    "io": {"BytesIO"},
    "json": {"dumps", "load", "loads"},
    "os": {"ilistdir", "listdir", "mkdir", "remove", "rename", "rmdir", "stat", "statvfs", "sync", "urandom"},
    "struct": {"calcsize", "pack", "pack_into", "unpack", "unpack_from"},
    "sys": {"exit", "implementation", "modules", "path", "print_exception", "stdin"},
}
# What the board files use is type-checked against the real stubs too; they say Any where ours say more.
TYPE_CHECKED = ("displays.py", "esp32.py", "start_esp32.py", "wifi.py")
LENIENT = ("--disable-error-code=no-any-return", "--no-warn-unused-ignores", "--follow-imports=silent")


class Stub:
    """The names of one module, and of the classes in it."""

    def __init__(self, source):
        tree = ast.parse(source)
        self.names = set(_names(tree.body))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        self._members = {node.name: set(_names(node.body)) for node in classes}
        self._bases = {node.name: [ast.unparse(base) for base in node.bases] for node in classes}

    def has_member(self, owner, name):
        """Whether class `owner`, or a class of this module that it comes from, has `name`. What is no class has all."""
        if owner not in self._members:
            return True
        return name in self._members[owner] or any(
            base in self._members and self.has_member(base, name) for base in self._bases[owner]
        )


def _names(body):
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.If | ast.Try):
            yield from _names(node.body)


def stub_of(release, module):
    """The stub of this module in this release; None when it has none."""
    path = STUBS / release / Path(*ALIASES.get(module, module).split("."))
    for file in (path.with_suffix(".pyi"), path / "__init__.pyi"):
        if file.exists():
            return Stub(file.read_text(encoding="utf-8"))
    return None


class Lacking(ast.NodeVisitor):
    """Collects what a source asks for and a release does not have, as `module.name` or `module.Class.name`."""

    def __init__(self, release):
        self._release = release
        self._modules = {}  # local name -> module
        self._classes = {}  # local name -> (module, class)
        self._found_by_hasattr = []
        self.lacking = set()

    def visit_If(self, node):
        test = ast.unparse(node.test)
        if test == "TYPE_CHECKING":
            return
        if not test.startswith("hasattr("):
            self.generic_visit(node)
            return
        module, name = node.test.args[0].id, node.test.args[1].value
        self._found_by_hasattr.append((module, name))
        for statement in node.body:
            self.visit(statement)
        self._found_by_hasattr.pop()
        for statement in node.orelse:
            self.visit(statement)

    def visit_Import(self, node):
        for alias in node.names:
            self._modules[alias.asname or alias.name.split(".")[0]] = alias.name.split(".")[0]
            self._ask(alias.name)

    def visit_ImportFrom(self, node):
        if node.module.split(".")[0] in application.PACKAGES:
            return
        for alias in node.names:
            self._ask(node.module, alias.name)
            self._classes[alias.asname or alias.name] = (node.module, alias.name)

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if not isinstance(node.value, ast.Name):
            return
        name = node.value.id
        if name in self._modules and (name, node.attr) not in self._found_by_hasattr:
            self._ask(self._modules[name], node.attr)
        elif name in self._classes:
            module, owner = self._classes[name]
            stub = stub_of(self._release, module)
            if stub and not stub.has_member(owner, node.attr):
                self.lacking.add(f"{module}.{owner}.{node.attr}")

    def visit_FunctionDef(self, node):
        for statement in node.body:  # annotations are for the type checker
            self.visit(statement)

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)

    def _ask(self, module, name=None):
        if module in COMMON:
            if name and name not in COMMON[module]:
                self.lacking.add(f"{module}.{name}")
            return
        stub = stub_of(self._release, module)
        if stub is None:
            self.lacking.add(module)
        elif name and name not in stub.names and not stub_of(self._release, f"{module}.{name}"):
            self.lacking.add(f"{module}.{name}")


def lacking(release, source):
    visitor = Lacking(release)
    visitor.visit(ast.parse(source))
    return visitor.lacking


@pytest.mark.parametrize("release", RELEASES)
def test_every_module_of_the_device_needs_only_what_this_release_has(release):
    sources = dict(application._sources("esp32"))
    assert len(sources) > 30
    missing = {module: lacking(release, source.read_text()) for module, source in sources.items()}
    assert not {module: names for module, names in missing.items() if names}


@pytest.mark.parametrize("release", RELEASES)
def test_the_board_type_checks_against_the_stubs_of_this_release(release, tmp_path):
    files = [ROOT / "firmware/board" / name for name in TYPE_CHECKED if (ROOT / "firmware/board" / name).exists()]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", tmp_path, *LENIENT, *files],
        cwd=ROOT,
        env={"MYPYPATH": str(STUBS / release), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_only_the_newest_release_has_is_found_unless_it_is_guarded():
    plain = "import machine\npins = machine.wake_pins()\n"
    guarded = "import machine\nif hasattr(machine, 'wake_pins'):\n    pins = machine.wake_pins()\n"
    elsewhere = guarded + "else:\n    pins = machine.wake_pins()\n"
    for release in RELEASES:
        old = release != "1.29.0"
        assert lacking(release, plain) == ({"machine.wake_pins"} if old else set())
        assert lacking(release, guarded) == set()
        assert lacking(release, elsewhere) == ({"machine.wake_pins"} if old else set())


def test_modules_members_of_classes_and_common_names_are_found_too():
    for source, name in (
        ("import datetime", "datetime"),
        ("from machine import Buzzer", "machine.Buzzer"),
        ("from machine import Pin\nPin.PULL_SIDEWAYS", "machine.Pin.PULL_SIDEWAYS"),
        ("def late():\n    import os\n    os.replace('a', 'b')", "os.replace"),
        ("from network import WLAN\nWLAN.IF_WIRE", "network.WLAN.IF_WIRE"),
    ):
        assert lacking("1.29.0", source) == {name}
    for source in (
        "from machine import Pin\nPin.PULL_DOWN",
        "from network import WLAN\nWLAN.IF_STA",
        "from esp32 import Partition\nPartition.find",
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from typing import Protocol",
    ):
        assert lacking("1.26.0", source) == set()
