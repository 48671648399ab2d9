"""What the command line says: plain words for people, or one JSON object a line for programs. Never a secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import fill
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from tools.flashing.procedure import Show

INDENT = 2  # of the second line and those below it


class Speaker:
    """`as_json`: for programs. Words go to standard output, progress to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(stderr=True)

    def say(self, event: str, words: str, /, **fields: object) -> None:
        """One line: the words, or the event with its fields."""
        print(json.dumps({"event": event, **fields}) if self.as_json else _wrapped(words, sys.stdout), flush=True)

    def fail(self, words: str, code: int, /, **fields: object) -> None:
        """Why something was not done."""
        if self.as_json:
            print(json.dumps({"event": "failed", "reason": words, "code": code, **fields}), flush=True)
        else:
            print(_wrapped(words, sys.stderr), file=sys.stderr, flush=True)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A place for bars; nothing is drawn for programs, nor where nobody looks."""
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        hidden = self.as_json or not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as bars:
            yield bars


def _wrapped(words: str, stream: TextIO) -> str:
    """Broken between words where a person reads it on a terminal; a line stays one line for files and programs."""
    if not stream.isatty():
        return words
    indent = " " * (len(words) - len(words.lstrip()) + INDENT)
    width = get_terminal_size().columns
    return fill(words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def shown_by(bars: Progress, name: str) -> Show:
    """Draws one device's bar."""
    bar: list[TaskID] = []

    def show(words: str, done: int, total: int) -> None:
        if not bar:
            bar.append(bars.add_task(name))
        bars.update(bar[0], description=f"{name} {words}", completed=done, total=total)

    return show
