"""Starts one program beside the server and ends it again, also when an earlier run left it behind.

Theory: a directory is claimed by a lock that the system drops when its holder dies, however it dies. Whoever
holds the claim may end what the pid file names, because no living run owns it; but only if the process still
runs the recorded command, since the system hands out pids again.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from server.errors import OperatorError

STOP_TIMEOUT_S = 10  # a program that has not ended itself by then is killed
POLL_S = 0.02
LAST_WORDS_LINES = 5


class StartError(OperatorError):
    """Something could not be started. The message is a sentence that says why and what to do."""


class Claim:
    """A directory that belongs to this process until it is released or the process dies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Claim the directory; StartError names the process that holds it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        file = (self.directory / "claim").open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise StartError(
                f"{self.directory} is in use by process {holder}. Stop that one (Ctrl-C in its window, or: "
                f'kill {holder}), or use another directory (demo: make demo ARGS="--directory /tmp/pet --port 8001").'
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let others have it. Safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Child:
    """One program, with `<name>.pid` and `<name>.log` in `directory`."""

    def __init__(
        self, name: str, command: list[str], directory: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.command = command
        self.log_file = directory / f"{name}.log"
        self._pid_file = directory / f"{name}.pid"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """End what an earlier run left behind, then start. The caller holds the claim on the directory."""
        self.end_leftover()
        with self.log_file.open("wb") as log:
            try:
                # A session of its own: Ctrl-C reaches only the one who stops the parts in their order.
                self._process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=self._environment,
                )
            except OSError as error:
                raise StartError(f"{self.name} could not be started: {error}. Try: make setup") from error
        record = {"pid": self._process.pid, "command": self.command}
        self._pid_file.write_text(json.dumps(record), encoding="utf-8")

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """End the program and wait until it has ended. Safe to call twice."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def end_leftover(self) -> None:
        """End the process that the pid file names, if it still runs the recorded command."""
        try:
            record = json.loads(self._pid_file.read_text(encoding="utf-8"))
            pid, command = int(record["pid"]), [str(word) for word in record["command"]]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if end_process(pid, command):
            print(f"{self.name}: ended process {pid}, left behind by an earlier run", file=sys.stderr)
        self._pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last lines that the program wrote."""
        with suppress(OSError):
            return last_lines(self.log_file.read_text(encoding="utf-8", errors="replace"))
        return ""


def last_lines(text: str) -> str:
    """The end of a log in one line."""
    return " | ".join(text.strip().splitlines()[-LAST_WORDS_LINES:])


def end_process(pid: int, command: list[str]) -> bool:
    """End process `pid` if it runs `command`; False when no such process runs it."""
    for number, timeout_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, STOP_TIMEOUT_S)):
        if command_of(pid) != " ".join(command):
            return number is signal.SIGKILL
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + timeout_s
        while runs(pid) and time.monotonic() < deadline:
            time.sleep(POLL_S)
    return True


def runs(pid: int) -> bool:
    """Whether the process is there: one that is ending is, until its ports are closed; a zombie is not."""
    if sys.platform != "linux":
        return _ps(pid, "stat")[:1] not in {"", "Z"}
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        # The first thread may be a zombie while others still hold the ports.
        return state not in "ZX" or len(list((process / "task").iterdir())) > 1
    except OSError:
        return False


def command_of(pid: int) -> str | None:
    """The command line of a process with single spaces; None when it does not run, begins or ends."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return " ".join(os.fsdecode(word) for word in words).strip() or None
    return _ps(pid, "command") or None


def _ps(pid: int, column: str) -> str:
    command = ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
