#!/usr/bin/env python3
"""`make vendor`: copies the few files that pages need from npm packages with pinned versions into the tree.

Typefaces are taken out: the style sheet fetches Frutiger, which is licensed, from elsewhere. The NHS logo and
icons made of it are trade marks and are not copied.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STATIC = ROOT / "server" / "web" / "static" / "vendor"
FOR_TESTS = ROOT / "tests" / "server" / "web" / "vendor"
STYLE = "nhsuk-frontend.min.css"
SCRIPTS = {"htmx.org": "dist/htmx.min.js", "axe-core": "axe.min.js"}  # the one file that is taken as it is


def main() -> None:
    """Replace everything below static/vendor, and what only tests need below tests/server/web/vendor."""
    wanted = json.loads((HERE / "package.json").read_text())
    with tempfile.TemporaryDirectory() as directory:
        packages = _install(Path(directory))
        for folder, kind in ((STATIC, "dependencies"), (FOR_TESTS, "devDependencies")):
            shutil.rmtree(folder, ignore_errors=True)
            for name, version in wanted[kind].items():
                _copy(packages / name, folder / f"{name}-{version}")
            _write_manifest(folder)


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "manifest.json").write_text(json.dumps(sums, indent=2) + "\n")


def _copy(package: Path, target: Path) -> None:
    if package.name in SCRIPTS:
        target.mkdir(parents=True)
        for source in (package / SCRIPTS[package.name], package / "LICENSE"):
            shutil.copy(source, target)
    else:
        _copy_nhsuk_frontend(package / "dist" / "nhsuk", target)


def _install(directory: Path) -> Path:
    """The packages as the lock names them, checked by npm against its hashes; no script of theirs is run."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, directory)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, check=True)
    return directory / "node_modules"


def _copy_nhsuk_frontend(source: Path, target: Path) -> None:
    style = (source / STYLE).read_text()
    style = re.sub(r"@font-face\s*\{[^}]*\}", "", style)
    style = re.sub(r"/\*# sourceMappingURL=.*?\*/\s*$", "", style)
    style = style.replace("url(/assets/images/", "url(images/")
    (target / "images").mkdir(parents=True)
    (target / STYLE).write_text(style)
    for name in sorted(set(re.findall(r"url\(images/([^)]+)\)", style))):
        shutil.copy(source / "assets" / "images" / name, target / "images" / name)
    shutil.copy(HERE / "nhsuk-frontend.LICENSE", target / "LICENSE")


if __name__ == "__main__":
    main()
