"""Builds what a device runs before its application, and lays out the file system of a device that has never run one.

The starter lies outside of the slots for applications, so that no update can break it: `/starter.mpy`, `/choosing.mpy`,
and `/main.py` to call them, because MicroPython runs no bytecode by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mpy_cross_v6_3 import mpy_cross_compile

from protocol.archive import ARCHIVE_HEAD_BYTES, RELEASE_NAME, SIGNATURE_BYTES, check_archive, parse_head
from tools.application import OPTIMIZATION, PROJECT, BuildError
from tools.bundle import bundle
from tools.slim import slim

STARTER = "starter"
CHOOSING = "choosing"  # in memory only until the application starts
ENTRY = "run"
MAIN = f"import {STARTER}\n{STARTER}.{ENTRY}()\n"
FIRST_SLOT = "a"


def build_starter(board: str) -> dict[str, bytes]:
    """File name to content: what lies in the root of the board's file system and is never updated over the air."""
    bundles = {
        STARTER: [f"firmware.board.start_{board}"],
        CHOOSING: ["firmware.slots", "firmware.starter", f"firmware.board.choose_{board}"],
    }
    modules = [module for of_bundle in bundles.values() for module in of_bundle]
    sources = {module: (PROJECT / Path(*module.split(".")).with_suffix(".py")).read_text() for module in modules}
    files = {"main.py": MAIN.encode()}
    for name, source in slim(bundle(sources, bundles), {ENTRY}).items():
        process, bytecode = mpy_cross_compile(name, source, optimization_level=OPTIMIZATION)
        if bytecode is None:
            raise BuildError(f"the starter does not compile: {process.stderr.decode(errors='replace').strip()}")
        files[f"{name}.mpy"] = bytecode
    return files


def device_files(archive: bytes, release_keys: str) -> dict[str, bytes]:
    """Path to content: the file system of a new device that starts this application, without settings and packages.

    `release_keys`: the text of `release.pub`. Raises ProtocolError `archive`; the signature is the caller's to verify.
    """
    manifest = check_archive(archive)
    files = {}
    at = ARCHIVE_HEAD_BYTES + parse_head(archive) + SIGNATURE_BYTES
    for file in manifest.files:
        files[file.name] = archive[at : at + file.length]
        at += file.length
    return lay_out(files, manifest.board, manifest.version, manifest.text, release_keys)


def lay_out(
    application: Mapping[str, bytes], board: str, version: int, text: str, release_keys: str
) -> dict[str, bytes]:
    """As `device_files`, of an application (name to content) that was built here and is in no archive."""
    return {
        **build_starter(board),
        "release.pub": release_keys.encode(),
        "slot": FIRST_SLOT.encode(),
        **{f"{FIRST_SLOT}/{name}": content for name, content in application.items()},
        f"{FIRST_SLOT}/{RELEASE_NAME}": f"{version} {text}".encode(),
    }
