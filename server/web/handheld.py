"""The handheld of /try: one simulated device for all visitors, its screen and buttons over a WebSocket.

The device is a process of its own that runs the real firmware, found through MICROPYPATH: commands go to its standard
input, events come from its standard output, one line each (firmware/simulator.py). It starts with the first visitor or
press and ends when nobody has pressed for a while, as by deep sleep; what it had not delivered stays in its journal.
One that has outlived its server, in the middle of a sync, is waited for: the flash belongs to one process at a time.
"""

import asyncio
import fcntl
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from protocol.errors import ProtocolError
from protocol.identity import decode_identity
from protocol.topics import device_name
from server.demo.device import micropython_command, open_claim

IDLE_S = 600.0  # a demo left open on a desk ends its process; the next press starts it again
BUSY_S = 60.0  # longer than a sync takes; a process that ends by itself has ended by then
BUSY_POLL_S = 0.1
STOP_TIMEOUT_S = 5.0  # a device that has not put itself to sleep by then has its power cut
PRESS_GAP_S = 0.05  # no finger is faster, and a script must not fill the device's memory: its next press waits
BACKLOG_MAX = 8  # messages that a slow visitor may be behind; older ones make room
STILL_BUSY = "another process still runs this device; press again in a while"
STAFF = "staff"  # buttons 1 and 5 held together, which one pointer cannot do
COMMANDS = {f"{how} {button}" for how in ("press", "hold") for button in range(1, 7)} | {STAFF}
UNPLUG, PLUG, BATTERY = "unplug", "plug", "battery"  # what may befall a handheld: no network, a network, no power
SWITCHES = {UNPLUG, PLUG, BATTERY}
UNPLUGGED = "unplugged"  # the file that takes the simulated device's network (firmware/board/sim.py)

Message = dict[str, Any]


class Handheld:
    """At most one process. `messages` of a visitor: screen (base64), waiting and delivered, plugged, or asleep."""

    def __init__(
        self,
        directory: Path | None,
        *,
        command: Sequence[str] | None = None,
        idle_s: float = IDLE_S,
        busy_s: float = BUSY_S,
    ) -> None:
        self.directory = directory
        self._command = command
        self._idle_s = idle_s
        self._busy_s = busy_s
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._visitors: set[asyncio.Queue[Message]] = set()
        self._known: dict[str, Message] = {}  # the last message of each kind, for who comes later
        self._lock = asyncio.Lock()
        self._finger = asyncio.Lock()  # one press after the other, whoever presses
        self._pressed_at = 0.0

    @property
    def provided(self) -> bool:
        """Whether there is a device to show."""
        return self.directory is not None

    def device(self) -> str | None:
        """Its eight hex digits, as pages name it; None where there is no device that can be named."""
        if self.directory is None:
            return None
        try:
            return device_name(decode_identity((self.directory / "pet_id.bin").read_bytes()).device_id)
        except (OSError, ProtocolError):
            return None  # the device itself says on its screen what it lacks

    @property
    def running(self) -> bool:
        """Whether its process is."""
        return self._process is not None and self._process.returncode is None

    async def join(self) -> asyncio.Queue[Message]:
        """A new visitor's messages, the present state first. Wakes the device."""
        await self._wake()
        self._tell_plugged()
        messages: asyncio.Queue[Message] = asyncio.Queue(BACKLOG_MAX)
        for message in self._known.values():
            messages.put_nowait(message)
        self._visitors.add(messages)
        return messages

    def leave(self, messages: asyncio.Queue[Message]) -> None:
        """The visitor has gone."""
        self._visitors.discard(messages)

    async def press(self, command: str) -> None:
        """`press N` or `hold N`, N from 1 to 6, or `staff`: a sleeping device is woken by it; or one of SWITCHES.
        Raises ValueError.
        """
        if command in SWITCHES:
            await self._befall(command)
            return
        if command not in COMMANDS:
            raise ValueError("a visitor may say: press N, hold N, with N from 1 to 6, staff, unplug, plug, or battery")
        async with self._finger:
            await asyncio.sleep(self._pressed_at + PRESS_GAP_S - monotonic())
            self._pressed_at = monotonic()
            await self._wake()
            await self._send(command)

    async def _befall(self, switch: str) -> None:
        if self.directory is None:
            return
        if switch == BATTERY:
            async with self._lock:
                await self._cut_power()
            return
        network = self.directory / UNPLUGGED
        if switch == UNPLUG:
            network.touch()
        else:
            network.unlink(missing_ok=True)
            await self._wake()
            await self._send("sync")  # somebody is looking: not when its schedule would
        self._tell_plugged()

    def _tell_plugged(self) -> None:
        if self.directory is not None:
            self._tell("plugged", {"plugged": not (self.directory / UNPLUGGED).exists()})

    async def _cut_power(self) -> None:
        """As if the battery fell out: nothing is put away. The next press starts it from its flash."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            self._tell("asleep", {"asleep": True})

    async def close(self) -> None:
        """Put the device to sleep, or cut its power; safe when it is not running."""
        async with self._lock:
            await self._stop()

    async def _wake(self) -> None:
        async with self._lock:
            if self.running or self.directory is None:
                return
            claim = open_claim(self.directory)
            try:
                if await self._claims(claim):
                    await self._start(claim)
                else:
                    self._tell("trouble", {"trouble": STILL_BUSY})
            finally:
                os.close(claim)

    async def _claims(self, claim: int) -> bool:
        """Whether the flash became this process's own in time; others are served meanwhile."""
        deadline = monotonic() + self._busy_s
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if monotonic() > deadline:
                return False
            await asyncio.sleep(BUSY_POLL_S)

    async def _start(self, claim: int) -> None:
        assert self.directory
        self._pressed_at = monotonic()
        command = self._command or micropython_command(self.directory.resolve())
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                cwd=self.directory,
                pass_fds=(claim,),
                start_new_session=True,  # Ctrl-C in the terminal is for the server, which then puts it to sleep
            )
        except OSError as error:
            self._tell("trouble", {"trouble": f"the device's program {command[0]} does not start ({error.strerror})"})
            return
        if self._known.get("trouble", {}).get("trouble") == STILL_BUSY:
            self._tell("trouble", {"trouble": None})
        self._process = process
        self._tasks = [asyncio.create_task(self._listen(process)), asyncio.create_task(self._watch())]

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin
        with suppress(OSError):
            process.stdin.write(b"quit\n")
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        own = asyncio.current_task()
        for task in self._tasks:
            if task is not own:
                task.cancel()

    async def _watch(self) -> None:
        """Sleep until nobody has pressed for the idle time, then put the device to sleep."""
        while True:
            left_s = self._pressed_at + self._idle_s - monotonic()
            if left_s <= 0:
                break
            await asyncio.sleep(left_s)
        async with self._lock:
            await self._stop()
        self._tell("asleep", {"asleep": True})

    async def _listen(self, process: Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            with suppress(ValueError):  # MicroPython's own words
                event = json.loads(line)
                if isinstance(event, dict):
                    await self._heard(event)
        await process.wait()
        if process is self._process:
            self._tell("asleep", {"asleep": True})

    async def _heard(self, event: Message) -> None:
        match event.get("event"):
            case "screen":
                self._known.pop("asleep", None)
                self._tell("screen", {"screen": event["frame"], "name": event["name"]})
            case "ready" | "status":
                self._tell("counts", {"waiting": event["waiting"], "delivered": event["acked"]})
            case "kept" | "thanked":
                await self._send("status")
            case "synced":
                error = event.get("error")
                self._tell("trouble", {"trouble": f"not delivered yet: {error}" if error else None})
                await self._send("status")
            case "lacking":
                self._tell("trouble", {"trouble": str(event.get("reason"))})

    async def _send(self, command: str) -> None:
        if self.running:
            assert self._process
            assert self._process.stdin
            with suppress(OSError):
                self._process.stdin.write(f"{command}\n".encode())
                await self._process.stdin.drain()

    def _tell(self, kind: str, message: Message) -> None:
        self._known[kind] = message
        for messages in self._visitors:
            if messages.full():
                messages.get_nowait()
            messages.put_nowait(message)
