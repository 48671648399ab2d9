"""Prints how soon the screen follows a press, in the unix port, with the record of each pass on flash and read back."""

import json
import subprocess
from statistics import median, quantiles

from tests.device_directory import make_device
from tests.parts import ROOT, micropython_environment

PASSES = 23
BAR_MS = 50
HEAP = "2M"  # of sources, compiled as they are loaded


def test_print_the_time_from_press_to_screen(tmp_path, micropython):
    directory = make_device(tmp_path / "device")
    with subprocess.Popen(
        [micropython, "-X", f"heapsize={HEAP}", "-m", "tests.firmware.press_figures", directory, str(PASSES)],
        cwd=ROOT,
        env=micropython_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        output = process.stdout.read()
    assert process.returncode == 0, output
    figures = json.loads(output.splitlines()[-1])
    print(f"\npress to changed screen, ms   median   95th   of (bar: median {BAR_MS})")
    for name, words in (("press", "any press before the last"), ("last", "the last: record kept   ")):
        times = [one / 1000 for one in figures[name]]
        print(f"{words:28} {median(times):8.1f} {quantiles(times, n=20)[-1]:6.1f} {len(times):4}")
