"""Builds the device application: `firmware` and `protocol` as .mpy files, as a device runs them.

  python -m tools.application DIRECTORY [--board esp32|sim]

Bytecode, because compiling the sources takes more memory than a device has, and loads some ten times faster.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mpy_cross_v6_3 import mpy_cross_compile

from tools.slim import slim

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("protocol", "firmware")
OPTIMIZATION = 3  # no line numbers: a traceback names the functions, the memory goes to TLS
# What the other board has for itself.
LEFT_OUT = {
    "esp32": ("firmware/simulator.py", "firmware/board/sim.py", "firmware/board/nor.py"),
    "sim": ("firmware/board/esp32.py", "firmware/board/ssd1306.py"),
}
ROOTS = {"esp32": ("run",), "sim": ("main",)}  # what is called from outside


class BuildError(RuntimeError):
    """A source that does not compile; the text names it."""


def build_application(target: Path, board: str = "esp32") -> list[Path]:
    """Compile what the board needs into `target`, as a tree of .mpy files; the files. What was there is replaced.

    The simulated board also gets umqtt.simple, which the firmware of a real one carries.
    """
    names = dict(_sources(board))
    slimmed = slim({module: source.read_text() for module, source in names.items()}, ROOTS[board])
    built = []
    for module, source in names.items():
        file = target / Path(*module.split("."))
        file = file / "__init__.mpy" if source.name == "__init__.py" else file.with_suffix(".mpy")
        _write(file, _compile(module, slimmed[module]))
        built.append(file)
    if board == "sim":
        umqtt = Path(sys.prefix) / "micropython" / "umqtt" / "simple.py"
        built.append(target / "umqtt" / "simple.mpy")
        _write(built[-1], _compile("umqtt.simple", umqtt.read_text()))
    for stale in set(target.rglob("*.mpy")) - set(built):
        stale.unlink()
    return built


def _sources(board: str) -> Iterator[tuple[str, Path]]:
    """(module, file) of all that the board needs."""
    for package in PACKAGES:
        for source in sorted((PROJECT / package).rglob("*.py")):
            name = source.relative_to(PROJECT)
            if str(name) not in LEFT_OUT[board]:
                parts = name.parent.parts if name.name == "__init__.py" else name.with_suffix("").parts
                yield ".".join(parts), source


def _compile(module: str, source: str) -> bytes:
    process, bytecode = mpy_cross_compile(module, source, optimization_level=OPTIMIZATION)
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
