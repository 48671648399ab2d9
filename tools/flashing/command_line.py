"""The command line of the bench: its commands, put together, and the exit codes that they end with."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from tools.flashing import (
    bench_commands,
    erasing,
    identity_commands,
    inspecting,
    labelling,
    many_devices,
    one_device,
    revoking,
)
from tools.flashing.errors import DONE, WRONG_INPUT, FlashError
from tools.flashing.saying import Speaker

JSON = "--json"
HELP = (
    "Put PET on devices by cable, look at them, and label them. docs/flashing.md walks through it.\n\n"
    "Exit codes: 0 done; 1 partly, or a difference; 2 wrong input; 3 nobody answers; 4 firmware refused; 5 device "
    "refused; 6 cut off (say resume); 7 the journal is at risk; 8 the server refused."
)

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
PARTS = (one_device, many_devices, identity_commands, revoking, inspecting, erasing, bench_commands, labelling)
for part in PARTS:
    app.registered_commands += part.commands.registered_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out; its exit code. What goes wrong is said in words, on standard error or as JSON."""
    chosen = list(sys.argv[1:] if arguments is None else arguments)
    speaker = Speaker(as_json=JSON in chosen)
    try:  # for people, typer itself shows what was said wrongly
        ended = app(chosen, prog_name="flash.py", standalone_mode=not speaker.as_json)
    except FlashError as failure:
        speaker.fail(str(failure), failure.code)
        return failure.code
    except TyperException as wrong:
        speaker.fail(_words(wrong), WRONG_INPUT)
        return WRONG_INPUT
    except SystemExit as exited:
        ended = exited.code
    return ended if isinstance(ended, int) else DONE


def _words(wrong: TyperException) -> str:
    """The first line tells: of an option that is missing or cannot be understood."""
    text = wrong.format_message() if hasattr(wrong, "format_message") else str(wrong)
    return " ".join(str(text).split())
