"""What a browser flasher needs, in the form of ESP Web Tools: a manifest, and the parts that it names.

For new devices only: a browser looks neither at a device's table nor at its journal. The parts are public, so settings
(Wi-Fi passwords) and identity are not among them: `provision` and the first sync bring what is missing.
"""

from __future__ import annotations

import json
from pathlib import Path

from tools.flashing.kit import Kit
from tools.flashing.looking import NEW, Found
from tools.flashing.micropython_image import MicroPythonImage
from tools.flashing.partitions import MIB, layout_for
from tools.flashing.planning import make_plan
from tools.release import version_text

FLASH_BYTES = 4 * MIB  # of the recommended board; the layout of a larger one would not fit it
CHIP_FAMILY = "ESP32"
MANIFEST = "manifest.json"


def write_manifest(directory: Path, kit: Kit, image: MicroPythonImage) -> Path:
    """The manifest's path; the parts lie beside it."""
    public = Kit(kit.micropython, kit.open_files)
    plan = make_plan(Found(NEW, layout_for(FLASH_BYTES)), public, image, FLASH_BYTES)
    directory.mkdir(parents=True, exist_ok=True)
    parts = []
    for part in plan.parts:
        (directory / f"{part.name}.bin").write_bytes(part.data)
        parts.append({"path": f"{part.name}.bin", "offset": part.offset})
    manifest = directory / MANIFEST
    build = {"chipFamily": CHIP_FAMILY, "parts": parts}
    fields = {"name": "PET", "version": version_text(), "new_install_prompt_erase": False, "builds": [build]}
    manifest.write_text(json.dumps(fields, indent=2) + "\n")
    return manifest
