"""The tool of releases: keys that stay secret, archives that hold what was built, and a device's first file system."""

import stat

import pytest

from protocol.archive import check_archive
from tools.release import main
from tools.starter import build_starter

VERSION = ("--version", "7")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A key and a release for the chip."""
    directory = tmp_path_factory.mktemp("release")
    assert main(["key", str(directory / "key")]) == 0
    assert main(["build", *VERSION, "--key", str(directory / "key"), str(directory / "7.pet")]) == 0
    return directory


def say(*arguments):
    return main([str(argument) for argument in arguments])


def test_the_private_key_is_its_owner_s_and_never_overwritten(made, tmp_path, capsys):
    key = tmp_path / "key"
    assert say("key", key) == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex((tmp_path / "key.pub").read_text())) == 32
    before = key.read_bytes()
    assert say("key", key) == 2
    assert "exists already" in capsys.readouterr().err
    (tmp_path / "key.pub").unlink()
    assert say("key", key) == 2
    assert key.read_bytes() == before
    assert before != (made / "key").read_bytes()
    assert "PRIVATE" not in "".join(capsys.readouterr())


def test_a_key_that_others_may_read_signs_nothing(made, tmp_path, capsys):
    key = tmp_path / "key"
    key.write_bytes((made / "key").read_bytes())
    key.chmod(0o640)
    assert say("build", *VERSION, "--key", key, tmp_path / "7.pet") == 2
    assert "chmod 600" in capsys.readouterr().err
    assert not (tmp_path / "7.pet").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_signs_nothing(tmp_path, capsys, content):
    key = tmp_path / "key"
    key.write_bytes(content)
    key.chmod(0o600)
    assert say("build", *VERSION, "--key", key, tmp_path / "7.pet") == 2
    assert "not a private key of ours" in capsys.readouterr().err


def test_a_release_holds_the_application_of_the_chip(made, capsys):
    manifest = check_archive((made / "7.pet").read_bytes())
    assert (manifest.version, manifest.board, manifest.bytecode, manifest.native) == (7, "esp32", 6, 0)
    names = [file.name for file in manifest.files]
    assert "firmware/handheld.mpy" in names
    assert not [name for name in names if "simulator" in name or "starter" in name or "start_" in name]
    assert say("show", "--public", made / "key.pub", made / "7.pet") == 0
    shown = capsys.readouterr().out
    assert "version 7 (0.1.0) for the board esp32" in shown
    assert f"signed with {(made / 'key.pub').read_text().strip()}" in shown


def test_the_same_sources_make_the_same_archive(made, tmp_path):
    assert say("build", *VERSION, "--key", made / "key", tmp_path / "again.pet") == 0
    assert (tmp_path / "again.pet").read_bytes() == (made / "7.pet").read_bytes()


def test_without_the_public_key_the_signature_is_said_to_be_unchecked(made, capsys):
    assert say("show", made / "7.pet") == 0
    assert "signature NOT checked" in capsys.readouterr().out


@pytest.mark.parametrize(("at", "words"), [(0, "not an application archive"), (9, "not signed"), (-1, "is damaged")])
def test_an_archive_that_was_changed_is_not_shown_as_good(made, tmp_path, capsys, at, words):
    archive = bytearray((made / "7.pet").read_bytes())
    archive[at] ^= 1
    (tmp_path / "7.pet").write_bytes(archive)
    assert say("show", "--public", made / "key.pub", tmp_path / "7.pet") == 2
    assert words in capsys.readouterr().err


def test_another_key_is_not_the_signer(made, tmp_path, capsys):
    assert say("key", tmp_path / "other") == 0
    assert say("show", "--public", tmp_path / "other.pub", made / "7.pet") == 2
    assert "not signed with that key" in capsys.readouterr().err
    both = tmp_path / "both.pub"
    both.write_text((tmp_path / "other.pub").read_text() + (made / "key.pub").read_text())
    assert say("show", "--public", both, made / "7.pet") == 0


@pytest.mark.parametrize("version", ["0", "-1", "2147483648"])
def test_a_version_that_no_device_can_count_is_refused(made, tmp_path, capsys, version):
    assert say("build", f"--version={version}", "--key", made / "key", tmp_path / "x.pet") == 2
    assert "not a number from 1 to 2147483647" in capsys.readouterr().err


def test_missing_files_are_named(tmp_path, capsys):
    for command in (
        ("show", tmp_path / "none.pet"),
        ("build", *VERSION, "--key", tmp_path / "none", tmp_path / "x.pet"),
    ):
        assert say(*command) == 2
        assert "none" in capsys.readouterr().err


def test_the_first_file_system_of_a_device(made, tmp_path):
    root = tmp_path / "root"
    assert say("unpack", "--public", made / "key.pub", made / "7.pet", root) == 0
    names = {file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()}
    assert {"main.py", "starter.mpy", "choosing.mpy", "release.pub", "slot", "a/release"} < names
    assert (root / "slot").read_text() == "a"
    assert (root / "a/release").read_text() == "7 0.1.0"
    assert (root / "release.pub").read_text() == (made / "key.pub").read_text()
    for file in check_archive((made / "7.pet").read_bytes()).files:
        assert (root / "a" / file.name).stat().st_size == file.length
    assert not (tmp_path / "other").exists()


def test_nothing_is_laid_out_from_an_archive_that_is_not_signed(made, tmp_path):
    assert say("key", tmp_path / "other") == 0
    assert say("unpack", "--public", tmp_path / "other.pub", made / "7.pet", tmp_path / "root") == 2
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("board", ["esp32", "sim"])
def test_the_starter_is_small(board):
    """It stays in memory behind the application; what chooses does not."""
    files = build_starter(board)
    assert set(files) == {"main.py", "starter.mpy", "choosing.mpy"}
    assert len(files["starter.mpy"]) < 700
