"""A simulated device as the demo sees it: a MicroPython process that runs the real firmware, spoken to by lines."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from server.demo.child import StartError
from server.errors import OperatorError
from server.fleet.files import OWNER_ONLY

PROJECT = Path(__file__).resolve().parents[2]
HEAP = "56wk"  # the initial heap of an ESP32, in words
EVENT_TIMEOUT_S = 120  # a device on a busy machine; only a hang takes longer

Event = dict[str, Any]


class DeviceError(OperatorError):
    """The device process ended or said nothing; the text names the device and its log."""


def micropython_command(directory: Path, *options: str) -> list[str]:
    """The command that runs the firmware on the device directory, in MicroPython's unix port."""
    micropython = Path(sys.executable).with_name("micropython")
    return [str(micropython), "-X", f"heapsize={HEAP}", "-m", "firmware.simulator", str(directory), *options]


def build_application(directory: Path) -> dict[str, str]:
    """Build the application as bytecode, as it runs on a device; the environment in which MicroPython finds it."""
    build = [sys.executable, "-m", "tools.application", str(directory), "--board", "sim"]
    answer = subprocess.run(build, cwd=PROJECT, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise StartError(f"the device application could not be built: {answer.stderr.strip()}")
    return {**os.environ, "MICROPYPATH": f"{directory}:.frozen"}


def open_claim(directory: Path) -> int:
    """The file whose lock says that a process runs on this flash. Two would write over each other's answers.

    The device's process inherits the locked descriptor: the flash is its own until it ends, also when whoever started
    it has died before.
    """
    return os.open(directory / "in_use", os.O_RDWR | os.O_CREAT, OWNER_ONLY)


class SimulatedDevice:
    """Starts once no other process runs on the flash; `close` ends it as by deep sleep, `kill` as by loss of power.

    `environment`: as `build_application` gives it.
    """

    def __init__(self, directory: Path, environment: dict[str, str], *options: str) -> None:
        self.directory = directory
        self.completed = 0  # passes that ended in a thank-you
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._log = (directory / "console.log").open("ab")
        claim = open_claim(directory)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX)
            self._process = subprocess.Popen(
                micropython_command(directory.resolve(), *options),
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                pass_fds=(claim,),
                start_new_session=True,  # Ctrl-C in the terminal is for whoever runs it, who then puts it to sleep
            )
        finally:
            os.close(claim)
        assert self._process.stdin
        assert self._process.stdout
        self._input: IO[bytes] = self._process.stdin
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        self.expect("ready")

    def send(self, *commands: str) -> None:
        """Commands for the device, one a line."""
        try:
            self._input.write("".join(command + "\n" for command in commands).encode())
            self._input.flush()
        except BrokenPipeError as broken:
            raise DeviceError(self._ended()) from broken

    def expect(self, name: str) -> Event:
        """The next event of that name; others that come before it are dropped (thank-yous are counted all the same)."""
        while True:
            try:
                event = self._events.get(timeout=EVENT_TIMEOUT_S)
            except queue.Empty:
                raise DeviceError(f"{self.directory.name} did not say {name!r}; its log: {self._log.name}") from None
            if event is None or event["event"] == "lacking":
                raise DeviceError(self._ended() if event is None else f"{self.directory.name}: {event['reason']}")
            if event["event"] == name:
                return event

    def sync(self) -> Event:
        """Sync now; the event has `delivered`, `waiting` and `error`."""
        self.send("sync")
        return self.expect("synced")

    def close(self) -> None:
        """Deep sleep."""
        if self._process.poll() is None:
            try:
                self.send("quit")
                self._process.wait(timeout=EVENT_TIMEOUT_S)
            except (DeviceError, subprocess.TimeoutExpired):
                self.kill()
        self._finish()

    def kill(self) -> None:
        """Loss of power."""
        self._process.kill()
        self._process.wait()
        self._finish()

    def _finish(self) -> None:
        self._reader.join()
        self._input.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def _read(self, output: IO[bytes]) -> None:
        for line in output:
            try:
                event = json.loads(line)
            except ValueError:
                self._log.write(line)  # MicroPython's own words
                continue
            self.completed += event["event"] == "thanked"
            if event["event"] != "screen":
                self._events.put(event)
        self._events.put(None)

    def _ended(self) -> str:
        return f"{self.directory.name} ended by itself; its last words are in {self._log.name}"
