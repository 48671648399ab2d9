"""The command that makes labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.flashing.bench import FOLDER, Bench
from tools.flashing.errors import InputError
from tools.flashing.labels import write_labels
from tools.flashing.ledger import DONE, Ledger
from tools.flashing.options import AsJson, Folder
from tools.flashing.rows import read_rows
from tools.flashing.saying import Speaker

commands = typer.Typer()


@commands.command("label")
def label_command(
    file: Annotated[Path, typer.Argument(help="The sheet to write: .pdf, or .png.")],
    base: Annotated[str, typer.Option("--base", help="The address that QR codes begin with: https://pet.example.org")],
    serial: Annotated[list[str] | None, typer.Option(help="A device; may be given several times.")] = None,
    list_file: Annotated[Path | None, typer.Option("--csv", help="The devices of a list.")] = None,
    bench: Folder = FOLDER,
    json: AsJson = False,
) -> None:
    """Make a sheet of labels, as PDF or PNG.

    Of every device that the ledger knows as done, when none are named.
    """
    if not base.startswith("https://"):
        raise InputError("--base begins with https://: it is the address of your server.")
    serials = [*(serial or ()), *([row.serial for row in read_rows(list_file)] if list_file else ())]
    if not serials:
        done = [line["serial"] for line in Ledger(Bench(bench).ledger).lines() if line["event"] == DONE]
        serials = sorted({each for each in done if each})
    written = write_labels(file, serials, base)
    words = f"{len(serials)} labels on {', '.join(str(path) for path in written)}."
    Speaker(as_json=json).say("written", words, labels=len(serials), files=[str(path) for path in written])
