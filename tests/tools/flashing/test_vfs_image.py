"""The file system image: read back here, mounted by the real MicroPython, and refused where it could not be."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.parts import micropython_environment, need
from tools.flashing.errors import InputError
from tools.flashing.partitions import MIB, VFS, layout_for
from tools.flashing.vfs_image import build_image, read_image

FILES = {"main.py": b"print('hello')\n", "a/firmware/device.mpy": bytes(range(256)) * 64, "a/release": b"12 0.1.0"}
MOUNTED = Path(__file__).with_name("mounted.py")


def listed(directory):
    """(exit code, {path: digest}) of what MicroPython finds in directory/vfs.img."""
    command = [need("micropython"), MOUNTED, "list", directory]
    run = subprocess.run(command, capture_output=True, text=True, env=micropython_environment(), check=False)
    rows = [line.split(" ", 1) for line in run.stdout.splitlines()]
    return run, {path.removeprefix(f"{directory}/vfs/"): digest for digest, path in rows if len(digest) == 64}


def test_the_same_files_give_the_same_bytes_in_any_order():
    image = build_image(FILES, MIB)
    assert len(image) == MIB
    assert image == build_image(dict(reversed(FILES.items())), MIB)
    assert read_image(image) == FILES


@pytest.mark.parametrize("megabytes", [4, 8, 16])
def test_micropython_mounts_an_image_of_exactly_the_partitions_size(tmp_path, kit, megabytes):
    size = layout_for(megabytes * MIB)[VFS].size
    (tmp_path / "vfs.img").write_bytes(build_image(kit.files, size))
    run, found = listed(tmp_path)
    assert run.returncode == 0, run.stderr
    assert found == {name: sha256(content).hexdigest() for name, content in kit.files.items()}


def test_an_image_of_another_size_is_refused_here_not_discovered_by_the_device(tmp_path):
    image = build_image(FILES, 2 * MIB)
    (tmp_path / "vfs.img").write_bytes(image[:MIB])
    run, found = listed(tmp_path)
    assert run.returncode != 0 or not found, "MicroPython mounts it, so this rule has no reason any more"
    with pytest.raises(InputError, match="no file system of that size"):
        read_image(image[:MIB])
    with pytest.raises(InputError, match="no file system of that size"):
        read_image(image + b"\xff" * MIB)
    with pytest.raises(InputError, match="not made of blocks"):
        build_image(FILES, MIB + 1)


def test_files_that_leave_no_room_for_updates_are_refused():
    with pytest.raises(InputError, match="updates over the air need"):
        build_image({"questionnaire.pkg": bytes(800 * 1024)}, MIB)
    with pytest.raises(InputError, match="updates over the air need"):
        build_image({"questionnaire.pkg": bytes(2 * MIB)}, MIB)
