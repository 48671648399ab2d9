"""`python tools/flash.py`: what operations staff put PET on devices with. `--help` lists the commands."""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> int:
    """As a program. Started as a file, Python looks for modules beside it; ours are a folder up."""
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    try:
        from tools.flashing.command_line import main  # noqa: PLC0415
        from tools.flashing.cores import leave_none  # noqa: PLC0415
    except ModuleNotFoundError as lacking:
        print(f"{lacking.name} is missing: say `make setup`, and start this with .venv/bin/python.", file=sys.stderr)
        return 2
    leave_none()
    return main()


if __name__ == "__main__":
    sys.exit(run())
