"""Builds the device application: `firmware` and `protocol` as a few .mpy files, as a device runs them.

  python -m tools.application DIRECTORY [--board esp32|sim]

Bytecode, because compiling the sources takes more memory than a device has, and loads some ten times faster.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from string import ascii_lowercase

from mpy_cross_v6_3 import mpy_cross_compile

from tools.bundle import bundle
from tools.bundles import ENTRIES, LEFT_OUT, ON_DEMAND, OUTSIDE, RESIDENT, WIRE_ONLY
from tools.slim import called_in, slim

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("protocol", "firmware")
OPTIMIZATION = 3  # no line numbers: a traceback names the functions, the memory goes to TLS


class BuildError(RuntimeError):
    """A source that does not compile; the text names it."""


def build_application(target: Path, board: str = "esp32") -> list[Path]:
    """Compile what the board needs into `target`, as a tree of .mpy files; the files. What was there is replaced.

    The simulated board also gets umqtt.simple, which the firmware of a real one carries.
    """
    sources = {module: source.read_text() for module, source in _sources(board)}
    umqtt = (Path(sys.prefix) / "micropython" / "umqtt" / "simple.py").read_text()
    module, function = ENTRIES[board]
    built = []
    bundles = _bundles(sources, module)
    wordless = [name for name, modules in bundles.items() if WIRE_ONLY.intersection(modules)]
    for name, source in slim(bundle(sources, bundles), {function, *called_in(umqtt)}, wordless).items():
        file = target / Path(*name.split(".")).with_suffix(".mpy")
        _write(file, _compile(name, source))
        built.append(file)
    if board == "sim":
        built.append(target / "umqtt" / "simple.mpy")
        _write(built[-1], _compile("umqtt.simple", _with_assertions(umqtt)))
    for stale in set(target.rglob("*.mpy")) - set(built):
        stale.unlink()
    return built


def _with_assertions(source: str) -> str:
    """The same, its assertions spelled out: they check the broker, and optimization would leave them out."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for field in ("body", "orelse"):
            body = getattr(parent, field, [])
            for index, node in enumerate(body if isinstance(body, list) else []):
                if isinstance(node, ast.Assert):
                    wrong = ast.Raise(ast.Name("AssertionError", ast.Load()), None)
                    body[index] = ast.If(ast.UnaryOp(ast.Not(), node.test), [wrong], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def _bundles(modules: Iterable[str], entry: str) -> dict[str, list[str]]:
    """The modules of each bundle, by its name on a device. The entry keeps its own, and is started by it."""
    present = set(modules)
    listed = {name: [each for each in members if each in present] for name, members in (RESIDENT | ON_DEMAND).items()}
    nowhere = present - {entry} - {module for members in listed.values() for module in members}
    if nowhere:
        raise BuildError(f"tools/bundles.py does not say when {', '.join(sorted(nowhere))} is in memory")
    names = _short_names()
    return {entry: [entry], **dict(zip(names, listed.values(), strict=False))}


def _short_names() -> Iterator[str]:
    """a, b, ... z, aa, ...: a device keeps a module's name and its path for ever once it has met them."""
    for number in count():
        yield (ascii_lowercase[number // 26 - 1] if number > 25 else "") + ascii_lowercase[number % 26]


def _sources(board: str) -> Iterator[tuple[str, Path]]:
    """(module, file) of all that the board needs."""
    for package in PACKAGES:
        for source in sorted((PROJECT / package).rglob("*.py")):
            name = source.relative_to(PROJECT)
            module = ".".join(name.parent.parts if name.name == "__init__.py" else name.with_suffix("").parts)
            if module not in (*LEFT_OUT[board], *OUTSIDE):
                yield module, source


def _compile(module: str, source: str, optimization: int = OPTIMIZATION) -> bytes:
    process, bytecode = mpy_cross_compile(module, source, optimization_level=optimization)
    if bytecode is None:
        raise BuildError(f"{module} does not compile: {process.stderr.decode(errors='replace').strip()}")
    return bytecode


def _write(file: Path, bytecode: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_bytes(bytecode)
    unfinished.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 2 when a source does not compile."""
    parser = argparse.ArgumentParser(description="Build the device application as .mpy files.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--board", choices=sorted(LEFT_OUT), default="esp32")
    chosen = parser.parse_args(arguments)
    try:
        build_application(chosen.directory, chosen.board)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
