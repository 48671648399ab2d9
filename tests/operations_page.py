"""Reads docs/operations.md as somebody at a server does: what is typed, and what it is said to print."""

import re
import subprocess
from typing import NamedTuple

from tests.parts import ROOT

PAGE = ROOT / "docs/operations.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
VARIES = re.compile(r"<[a-z-]+>")
ANY_LINES = "..."


class Step(NamedTuple):
    """One command and the lines below it; `line` is its place in the page."""

    line: int
    command: str
    prints: list[str]

    def accepts(self, printed):
        """Whether this was said to be printed: `<...>` stands for what varies, a line `...` for any lines."""
        return re.fullmatch("".join(map(_pattern, self.prints)), printed) is not None


def steps(text):
    """Every command of every block, in the order of the page."""
    for block in BLOCK.finditer(text):
        lines = block[1].splitlines()
        first = text.count("\n", 0, block.start(1)) + 1
        place = 0
        while place < len(lines):
            start = place
            assert lines[place].startswith(PROMPT), f"line {first + place} is printed by nobody: {lines[place]}"
            command, place = lines[place].removeprefix(PROMPT), place + 1
            while not is_whole(command):
                command, place = f"{command}\n{lines[place]}", place + 1
            prints = []
            while place < len(lines) and not lines[place].startswith(PROMPT):
                prints.append(lines[place])
                place += 1
            yield Step(first + start, command, prints)


def is_whole(command):
    """Whether a shell would run this now, and ask for no more lines."""
    if command.endswith("\\"):
        return False
    here = re.search(r"<<'?(\w+)'?$", command.splitlines()[0])
    if here:
        return command.splitlines()[-1] == here[1]
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False).returncode == 0


def _pattern(line):
    if line == ANY_LINES:
        return r"(?:.*\n)*"
    parts = VARIES.split(line)
    return ".+".join(map(re.escape, parts)) + r"\n"
