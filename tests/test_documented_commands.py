"""Every `pet ...` of the documents exists as it is written there: command, options, number of arguments."""

import re
import shlex

import click
import pytest
import typer

from server.main import app
from tests.parts import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SHELL_PREFIX = re.compile(r"^(?:\$ |sudo )*pet ")
ROOT_COMMAND = typer.main.get_command(app)


def written(document):
    """Each `pet ...` as (text, whether it stands in a block of commands)."""
    text = document.read_text(encoding="utf-8")
    for block in FENCE.findall(text):
        lines = block.replace("\\\n", " ").splitlines()[1:-1]
        yield from ((line.strip(), True) for line in lines if SHELL_PREFIX.match(line.strip()))
    yield from ((found, False) for found in re.findall(r"`(pet [^`]+)`", FENCE.sub("", text)))


CASES = {
    f"{document.relative_to(ROOT)}: {line}": (line, whole)
    for document in DOCUMENTS
    for line, whole in written(document)
}


def fault(line, *, whole):
    """What is wrong with this line as it is written, or None. Not whole: a bare name of a command is one too."""
    words = shlex.split(SHELL_PREFIX.sub("", line), comments=True)
    words = words[: next((place for place, word in enumerate(words) if re.match(r"[|&<>]", word)), None)]
    command, context = ROOT_COMMAND, click.Context(ROOT_COMMAND, info_name="pet")
    while hasattr(command, "get_command"):
        if not words:
            return None if not whole else "names no command"
        command = command.get_command(context, words[0])
        if command is None:
            return f"there is no command {words[0]}"
        context = type(context)(command, info_name=words.pop(0), parent=context)
    if not words and not whole:
        return None
    shortened = "..." in words
    words = [word for word in words if word != "..."]
    try:
        given, left, _ = command.make_parser(context).parse_args(words)
    except Exception as error:  # noqa: BLE001 - typer may carry a click of its own
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"
    if left:
        return f"takes no {' '.join(left)}"
    missing = [each.name for each in command.params if each.required and given.get(each.name) is None]
    return f"lacks {', '.join(missing)}" if missing and not shortened else None


@pytest.mark.parametrize("case", CASES)
def test_a_command_of_the_documents_exists_as_it_is_written(case):
    line, whole = CASES[case]
    assert fault(line, whole=whole) is None


def test_the_documents_hold_commands():
    assert len(CASES) > 40


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pet device lost --device SERIAL", "No such option"),
        ("pet device rotate-key SERIAL", "lacks identity_file"),
        ("pet device lost", "lacks word"),
        ("pet device lost SERIAL TWICE", "takes no TWICE"),
        ("pet device forget SERIAL", "no command forget"),
        ("pet devices", "no command devices"),
        ("pet target set 0.85 --by commissioner --from", "requires an argument"),
    ],
)
def test_a_wrong_command_would_be_found(line, words):
    assert words in str(fault(line, whole=True))
