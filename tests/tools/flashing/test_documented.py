"""Every `flash.py ...` of the documents exists as it is written there, and every command is in the document."""

import re
import shlex

import click
import pytest
import typer

from tests.parts import ROOT
from tools.flashing import errors
from tools.flashing.command_line import app

TEXT = (ROOT / "docs/flashing.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands
WRITTEN = re.findall(r"^flash\.py .*$", TEXT, re.MULTILINE) + re.findall(r"`(flash\.py [^`]+)`", TEXT)


@pytest.mark.parametrize("line", WRITTEN)
def test_a_command_is_as_it_is_written(line):
    words = shlex.split(line, comments=True)[1:]
    command = COMMANDS[words[0]]
    context = type(click.Context(command))(command, info_name=words[0])
    given, left, _ = command.make_parser(context).parse_args(words[1:])
    assert not left
    assert not [each.name for each in command.params if each.required and given.get(each.name) is None]


def test_every_command_and_every_exit_code_is_in_the_document():
    assert not [name for name in COMMANDS if not re.search(rf"`{name}\b|flash\.py {name}\b", TEXT)]
    codes = {value for name, value in vars(errors).items() if name.isupper()}
    assert codes == {int(code) for code in re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)}
