"""Makes, signs and shows application archives: what devices accept over the air.

  python -m tools.release key FILE                      a new pair: FILE is private (mode 0600), FILE.pub is for devices
  python -m tools.release build --version N --key FILE [--board esp32|sim] [--text WORDS] ARCHIVE
  python -m tools.release show [--public FILE.pub] ARCHIVE
  python -m tools.release unpack --public FILE.pub ARCHIVE DIRECTORY      the file system of a device never updated yet

The private key signs what runs on every device: keep it off the server, and a copy of it in a safe. It is never named
but by its file. N must rise with each release; a device that has run N accepts nothing below it.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from protocol.archive import Manifest, check_archive
from protocol.errors import ProtocolError
from tools.application import PROJECT, BuildError, build_application
from tools.bundles import LEFT_OUT
from tools.signing import ReleaseError, create_key, make_archive, open_key, read_public_keys, signer
from tools.starter import device_files

TEXT_FROM = PROJECT / "firmware/version.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 2 with the reason on standard error."""
    chosen = _parser().parse_args(arguments)
    try:
        print(chosen.run(chosen))
    except (ReleaseError, BuildError, ProtocolError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make, sign and show application archives.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    key = commands.add_parser("key", help="make a pair of keys: FILE and FILE.pub")
    key.set_defaults(run=_key)
    key.add_argument("file", type=Path)
    build = commands.add_parser("build", help="build the application and sign it")
    build.set_defaults(run=_build)
    build.add_argument("--version", type=int, required=True, help="a number that rises with each release")
    build.add_argument("--key", type=Path, required=True, help="the file of the private key")
    build.add_argument("--board", choices=sorted(LEFT_OUT), default="esp32")
    build.add_argument("--text", help="what people call the version (default: that of firmware/version.py)")
    build.add_argument("archive", type=Path)
    show = commands.add_parser("show", help="check an archive and say what is in it")
    show.set_defaults(run=_show)
    show.add_argument("--public", type=Path, help="the public keys that its signature is checked with")
    show.add_argument("archive", type=Path)
    unpack = commands.add_parser("unpack", help="lay out the file system of a device that was never updated")
    unpack.set_defaults(run=_unpack)
    unpack.add_argument("--public", type=Path, required=True, help="becomes the device's release.pub")
    unpack.add_argument("archive", type=Path)
    unpack.add_argument("directory", type=Path)
    return parser


def _key(chosen: argparse.Namespace) -> str:
    public = create_key(chosen.file)
    return (
        f"{chosen.file} is the private key: keep it off the server, and a copy in a safe.\n{public} is for the devices."
    )


def _build(chosen: argparse.Namespace) -> str:
    key = open_key(chosen.key)
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory)
        built = sorted(build_application(target, chosen.board))
        files = {file.relative_to(target).as_posix(): file.read_bytes() for file in built}
    archive = make_archive(key, chosen.version, chosen.text or version_text(), chosen.board, files)
    chosen.archive.write_bytes(archive)
    return _described(archive, check_archive(archive))


def _show(chosen: argparse.Namespace) -> str:
    archive = chosen.archive.read_bytes()
    manifest = check_archive(archive)
    if chosen.public is None:
        signed = "signature NOT checked: name the public key, by --public"
    else:
        signed = f"signed with {signer(archive, read_public_keys(chosen.public))}"
    return f"{_described(archive, manifest)}\n{signed}"


def _unpack(chosen: argparse.Namespace) -> str:
    archive = chosen.archive.read_bytes()
    keys = read_public_keys(chosen.public)
    signer(archive, keys)
    files = device_files(archive, "".join(f"{key.hex()}\n" for key in keys))
    for name, content in files.items():
        file = chosen.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return f"{len(files)} files in {chosen.directory}"


def _described(archive: bytes, manifest: Manifest) -> str:
    lines = [
        f"version {manifest.version} ({manifest.text}) for the board {manifest.board}, {len(archive)} bytes",
        *(f"  {file.length:7}  {file.digest.hex()[:16]}  {file.name}" for file in manifest.files),
    ]
    return "\n".join(lines)


def version_text() -> str:
    """What people call the version in these sources. Raises ReleaseError."""
    for statement in ast.parse(TEXT_FROM.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "APPLICATION":
            return str(ast.literal_eval(statement.value))
    raise ReleaseError(f"{TEXT_FROM} does not name the version: say it by --text")


if __name__ == "__main__":
    sys.exit(main())
