"""The rules of the tree that DESIGN gives: who may import whom, and how large a file may be."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.parts import ROOT

OURS = {"protocol", "firmware", "server", "tools", "tests"}
LINES_MAX = 300
DRAWERS = {"utils", "core", "services", "helpers", "common"}
# What CPython and MicroPython both have, without input, output, clock or chance.
SHARED = {"binascii", "collections", "hashlib", "json", "struct"}
# What MicroPython on the ESP32 has beside that; none of it touches hardware or the network.
ON_DEVICE = {"array", "errno", "framebuf", "gc", "io", "micropython", "os", "select", "sys", "time"} | SHARED
ON_BOARD_ONLY = {"machine", "network", "esp32", "socket", "ssl", "tls", "usocket", "ussl", "vfs"}


class Import(NamedTuple):
    path: Path
    module: str
    line: int
    typing_only: bool  # below `if TYPE_CHECKING:`, never run


def ours(folder):
    """Every import of every file below a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield from imports(path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8")))


def imports(path, tree):
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    guarded = {id(inner) for guard in guards for node in guard.body for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for module in modules(path, node):
            yield Import(path, module, node.lineno, id(node) in guarded)


def modules(path, node):
    """The full names an import statement brings in; a name out of a module counts as below that module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = path.parts[: len(path.parts) - node.level] if node.level else ()
    module = ".".join([*package, *([node.module] if node.module else [])])
    return [f"{module}.{alias.name}" for alias in node.names]


def within(module, *names):
    """Whether a module is one of these, or lies inside one of them."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def broken(folder, allowed):
    """The imports below `folder` that `allowed` refuses, as readable lines."""
    return [f"{one.path}:{one.line} imports {one.module}" for one in ours(folder) if not allowed(one)]


def ours_only(*packages):
    """A rule: of our own packages, only these."""
    return lambda one: one.module.split(".")[0] not in OURS - set(packages)


def test_protocol_imports_only_what_both_interpreters_have():
    allowed = {"protocol"} | SHARED
    assert not broken("protocol", lambda one: within(one.module, *allowed) or for_types(one))


def test_firmware_imports_protocol_and_what_the_device_has():
    allowed = {"protocol", "firmware", "umqtt"} | ON_DEVICE | ON_BOARD_ONLY
    assert not broken("firmware", lambda one: within(one.module, *allowed) or for_types(one))


def for_types(one):
    return one.typing_only and within(one.module, "typing", "collections.abc")


def test_hardware_sockets_and_tls_are_imported_only_by_the_boards():
    board = Path("firmware/board")
    assert not broken("firmware", lambda one: one.path.is_relative_to(board) or not within(one.module, *ON_BOARD_ONLY))


def test_server_imports_neither_firmware_nor_tools():
    assert not broken("server", ours_only("server", "protocol"))


def test_tools_import_protocol_only_and_copy_firmware_as_files():
    assert not broken("tools", ours_only("tools", "protocol"))


def test_measures_import_nothing_of_ours():
    assert not broken(
        "server/measures", lambda one: within(one.module, "server.measures") or not within(one.module, *OURS)
    )


def test_ingest_never_imports_fastapi_or_a_surface():
    refused = ("fastapi", "starlette", "server.api", "server.web")
    assert not broken("server/ingest", lambda one: not within(one.module, *refused))


@pytest.mark.parametrize("folder", ["server/api", "server/web"])
def test_surfaces_never_import_ingest(folder):
    assert not broken(folder, lambda one: not within(one.module, "server.ingest", "paho"))


@pytest.mark.parametrize("folder", ["server/api", "server/web"])
def test_sql_and_statistics_are_never_in_a_route(folder):
    """A surface may hold a session or an engine; it asks aggregates, and never builds a statement itself."""
    held = {f"sqlalchemy.{name}" for name in ("Engine", "engine.Engine", "orm.Session", "orm.sessionmaker")}
    refused = ("sqlalchemy", "psycopg", "statistics")
    assert not broken(folder, lambda one: one.module in held or not within(one.module, *refused))


@pytest.mark.parametrize("folder", sorted(OURS - {"tests"}))
def test_nothing_imports_tests(folder):
    assert not broken(folder, lambda one: not within(one.module, "tests"))


def test_no_file_is_longer_than_a_reader_bears():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in OURS
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert not long


def test_folders_are_named_after_what_they_do():
    drawers = [path for folder in OURS for path in (ROOT / folder).rglob("*") if path.name in DRAWERS]
    assert not [path for path in drawers if path.is_dir()]


def test_the_reader_of_imports_sees_every_kind():
    text = "import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\nif TYPE_CHECKING:\n    import h\n"
    found = list(imports(Path("server/web/page.py"), ast.parse(text)))
    assert [one.module for one in found] == ["a.b", "c.d", "server.web.e", "server.f.g", "h"]
    assert [one.typing_only for one in found] == [False, False, False, False, True]
    assert list(ours("protocol"))
    assert list(ours("server"))
