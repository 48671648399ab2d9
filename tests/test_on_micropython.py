"""Every test of protocol and firmware passes in the real MicroPython too, one file at a time."""

import subprocess

import pytest

from tests.parts import ROOT, micropython_environment

PATTERNS = ("protocol/test_*.py", "firmware/test_*.py", "firmware/micropython_*.py")
FILES = sorted(file for pattern in PATTERNS for file in (ROOT / "tests").glob(pattern))
TIMEOUT_S = 600  # only a hang takes longer


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "tests")))
def test_file_passes_on_micropython(file, micropython, tmp_path):
    done = run_on_micropython(micropython, file.relative_to(ROOT), scratch=tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_failing_and_an_empty_file_are_reported(micropython, tmp_path):
    failing = tmp_path / "failing.py"
    failing.write_text("def test_it():\n    assert 1 == 2\n")
    done = run_on_micropython(micropython, "failing.py", tmp_path)
    assert done.returncode == 1
    assert "FAIL test_it" in done.stdout
    (tmp_path / "empty.py").write_text("")
    assert run_on_micropython(micropython, "empty.py", tmp_path).returncode == 1


def run_on_micropython(micropython, file, directory=ROOT, scratch=""):
    environment = {**micropython_environment(), "TMPDIR": str(scratch)}
    return subprocess.run(
        [micropython, ROOT / "tests/on_micropython.py", str(file)],
        cwd=directory,
        env={**environment, "MICROPYPATH": f"{directory}:{environment['MICROPYPATH']}"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
