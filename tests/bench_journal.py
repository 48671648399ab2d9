"""Prints what the journal costs, on both interpreters; the bars are asserted in tests/firmware/test_journal_bars.py."""

import subprocess
import sys

import pytest

from tests.parts import ROOT, micropython_environment

MODULE = "tests.firmware.journal_figures"


@pytest.mark.parametrize("interpreter", ["cpython", "micropython"])
def test_print_the_figures(interpreter, micropython):
    command = sys.executable if interpreter == "cpython" else micropython
    environment = micropython_environment()
    done = subprocess.run(
        [command, "-m", MODULE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    print("\n" + done.stdout)
