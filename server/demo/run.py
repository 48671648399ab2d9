"""`pet demo`: the whole line with the case study's history on it, a few devices in use, and a handheld to try."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from server.demo.device import DeviceError, SimulatedDevice
from server.demo.holdings import hand_out
from server.demo.line import Line
from server.demo.people import passwords_file, set_up_people
from server.demo.story import Posting, Story, history, one_pass, passes_from, pet_time, read_story, utc_now
from server.demo.trust import Trust, add_device, find_trust, set_up_trust, write_settings

LIVE_DEVICES = 3
LIVE_PAUSE_S = 20  # between two people
TRY = Posting("PET-TRY", "beds", "short-stay", "", "beds", 0)
DONE = "history-is-pressed"


def run_demo(directory: Path, *, embedded_broker: bool, web_port: int) -> None:
    """Until Ctrl-C. Raises StartError with a sentence when something stands in the way."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        _run(directory, embedded_broker=embedded_broker, web_port=web_port)
    except KeyboardInterrupt:
        _say(f"\nstopped; the data stay in {directory.absolute()}")


def _run(directory: Path, *, embedded_broker: bool, web_port: int) -> None:
    story, now = read_story(), utc_now()
    with Line(directory, embedded_broker=embedded_broker, web_port=web_port, say=_say) as line:
        _say(f"\n  PET is at {line.url}/  and a handheld to try at {line.url}/try\n")
        _say(f"data: {line.directory} · Ctrl-C stops everything")
        _say(f"to use the commands in another terminal: set -a; . {line.environment_file}; set +a; .venv/bin/pet fleet")
        try:
            trust = find_trust(line, story)
            if trust is None:
                trust = set_up_trust(line, story, now)
                hand_out(line, trust, story, now)
            else:
                set_up_people(line, trust.organisation, now)  # those of a version without accounts lack them
            _say(
                f"to sign in as somebody else, at {line.url}/sign-in: names and passwords are in {passwords_file(line)}"
            )
            _prepare_try(line, trust, now)
            press_history(line, trust, story, now)
            _go_on(line, trust, story)
        except KeyboardInterrupt:
            _say(f"\nstopping; the data stay in {line.directory}")


def _say(words: str) -> None:
    print(words, flush=True)


def _as_ctrl_c(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _prepare_try(line: Line, trust: Trust, now: datetime) -> None:
    directory = line.devices / "try"
    if not (directory / "pet_id.bin").exists():
        add_device(line, trust, TRY, directory, now)
        line.follow_database()
    write_settings(line, directory, live=True)


def press_history(line: Line, trust: Trust, story: Story, now: datetime) -> None:
    """Every device of the story answers its weeks in quick motion, then syncs what it holds.

    What an earlier run, stopped on its way, has pressed already is not pressed again.
    """
    waiting = [posting for posting in story.postings if not (line.devices / posting.serial / DONE).exists()]
    if not waiting:
        return
    weeks = story.fields["weeks"]
    _say(f"{len(waiting)} devices press {weeks} weeks of answers in quick motion and hand them over (some minutes):")
    scripts: dict[str, list[str]] = {}
    for posting in waiting:
        directory = line.devices / posting.serial
        if not (directory / "pet_id.bin").exists():
            from_at = story.starts_at(now) + timedelta(weeks=posting.from_week)
            add_device(line, trust, posting, directory, from_at)
        scripts[posting.serial] = history(story, posting, trust.shapes[posting.questionnaire], now)
    line.follow_database()
    stopping = threading.Event()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [
            pool.submit(_press_one, line, posting, story, scripts[posting.serial], now, stopping) for posting in waiting
        ]
        try:
            for number, job in enumerate(jobs, 1):
                _say(f"  {number:2} of {len(jobs)}: {job.result()}")
        except BaseException:
            stopping.set()
            pool.shutdown(cancel_futures=True)
            raise


def _press_one(
    line: Line, posting: Posting, story: Story, script: list[str], now: datetime, stopping: threading.Event
) -> str:
    directory = line.devices / posting.serial
    starts_at = story.starts_at(now) + timedelta(weeks=posting.from_week)
    write_settings(line, directory, live=False)
    device = SimulatedDevice(directory, line.application, "--virtual", str(pet_time(starts_at)), "--quiet")
    try:
        device.send("status")
        script = passes_from(script, device.expect("status")["last"])
        for start in range(0, len(script), 100):
            if stopping.is_set():
                return "stopped"
            device.send(*script[start : start + 100])
        device.send(f"at {pet_time(now)}")
        event = device.sync()
        if event["error"] or event["waiting"]:
            raise DeviceError(f"{posting.serial} could not hand over its answers: {event['error']}")
        device.sync()  # what it fetched in the one before, it says that it holds in the next
        (directory / DONE).touch()
        return f"{posting.serial}, {posting.team}: {event['delivered']} responses"
    finally:
        device.close()


def _go_on(line: Line, trust: Trust, story: Story) -> None:
    """A few devices in use, one person after the other, until Ctrl-C."""
    with ExitStack() as stack:
        pairs = []
        for posting in story.postings[:LIVE_DEVICES]:
            write_settings(line, line.devices / posting.serial, live=True)
            device = SimulatedDevice(line.devices / posting.serial, line.application, "--quiet")
            stack.callback(device.close)
            pairs.append((posting, device))
        _say(
            f"All {len(story.postings)} devices have handed over. {LIVE_DEVICES} of them go on: somebody answers on "
            f"one every {LIVE_PAUSE_S} seconds or so.\nReady: {line.url}/ and {line.url}/try. Ctrl-C stops everything."
        )
        pause = threading.Event()
        while True:
            for posting, device in pairs:
                for command in one_pass(story, trust.shapes[posting.questionnaire], story.fields["weeks"]):
                    if command.startswith("wait "):
                        pause.wait(int(command.removeprefix("wait ")) / 1000)
                    else:
                        device.send(command)
                pause.wait(LIVE_PAUSE_S)
