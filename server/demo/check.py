"""The demo without an onlooker: real devices, a cut network and a killed server, and three counts that must agree."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.demo.child import Claim
from server.demo.device import Event, SimulatedDevice
from server.demo.holdings import hand_out
from server.demo.line import Line
from server.demo.postgres import EmbeddedPostgres
from server.demo.story import Posting, Story, one_pass, pet_time, read_story, utc_now
from server.demo.trust import Trust, add_device, set_up_trust
from server.ingest.tables import Response

DEVICES = 3
ROUNDS = 5
PASSES_A_ROUND = 4
APART_MS = 60_000  # people who answer faster one after the other look like one who presses on, and are not counted
PASSES = DEVICES * ROUNDS * PASSES_A_ROUND
CUT_IN_ROUND = 1
RESTART_IN_ROUND = 3
SYNC_TRIES_MAX = 5


def check(line: Line) -> dict[str, int]:
    """Run it; the counts `completed`, `stored` and `charted`."""
    story, now = read_story(), utc_now()
    story.fields["partial_percent"] = 0  # every pass here ends with a thank-you
    trust = set_up_trust(line, story, now)
    hand_out(line, trust, story, now)
    postings = [posting for posting in story.postings if posting.from_week == 0][:DEVICES]
    devices = _start_devices(line, trust, postings, now)
    try:
        for number in range(ROUNDS):
            _round(line, story, trust, list(zip(postings, devices, strict=True)), number)
        _deliver_all(devices)
    finally:
        for device in devices:
            device.close()
    return {
        "completed": sum(device.completed for device in devices),
        "stored": _stored(line),
        "charted": _charted(line),
    }


def _start_devices(line: Line, trust: Trust, postings: list[Posting], now: datetime) -> list[SimulatedDevice]:
    devices = []
    for posting in postings:
        directory = line.devices / posting.serial
        add_device(line, trust, posting, directory, now - timedelta(days=1))
    line.follow_database()
    for posting in postings:
        options = ("--virtual", str(pet_time(now - timedelta(hours=1))), "--quiet")
        devices.append(SimulatedDevice(line.devices / posting.serial, line.application, *options))
    return devices


def _round(line: Line, story: Story, trust: Trust, pairs: list[tuple[Posting, SimulatedDevice]], number: int) -> None:
    if number == CUT_IN_ROUND:
        print("the network is cut: from here on nothing is delivered, as it should be")
        line.network.cut()
    for posting, device in pairs:
        shape = trust.shapes[posting.questionnaire]
        for _ in range(PASSES_A_ROUND):
            device.send(*one_pass(story, shape, 0), f"wait {APART_MS}")
    if number == RESTART_IN_ROUND:
        for _, device in pairs:
            device.send("sync")
        print("ingest and pages are killed and started again, while devices deliver")
        line.restart_server()
        for _, device in pairs:
            _say_how_far(device, device.expect("synced"))
        return
    for _, device in pairs:
        _say_how_far(device, device.sync(), "as expected, " if number == CUT_IN_ROUND else "")
    if number == CUT_IN_ROUND:
        print("the network is mended: what waits is delivered in the next round")
        line.network.mend()


def _deliver_all(devices: Iterable[SimulatedDevice]) -> None:
    """Until nothing waits on any device; what still waits after some tries shows in the counts."""
    print("and at the end:")
    for device in devices:
        for _ in range(SYNC_TRIES_MAX):
            event = device.sync()
            if event["waiting"] == 0:
                break
        _say_how_far(device, event)


def _say_how_far(device: SimulatedDevice, event: Event, expected: str = "") -> None:
    """All so far, not what this sync brought: what a sync delivers, and another one reports, would not add up."""
    error = f"; {expected}{event['error']}" if event["error"] else ""
    print(how_far(device.directory.name, device.completed, event["waiting"]) + error)


def how_far(name: str, answered: int, waiting: int) -> str:
    """A line of the check."""
    return f"{name}: {answered} answered so far, {answered - waiting} delivered, {waiting} waiting"


def _stored(line: Line) -> int:
    with Session(line.engine) as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def _charted(line: Line) -> int:
    """The number of responses that the page says."""
    with urllib.request.urlopen(f"{line.url}/", timeout=30) as answer:  # noqa: S310 - our own address
        page = answer.read().decode()
    found = re.search(r'<data id="responses" value="(\d+)">', page)
    if found is None:
        raise RuntimeError("the page does not say how many responses it shows")
    return int(found.group(1))


def forget(directory: Path) -> None:
    """Remove what an earlier check left, unless it is still going on."""
    claim = Claim(directory)
    claim.take()
    EmbeddedPostgres(directory / "postgres").remove()
    claim.release()
    shutil.rmtree(directory)


def run_check(directory: Path, *, embedded_broker: bool, web_port: int | None = None) -> bool:
    """From nothing, in a directory of its own; whether the three counts agree.

    Prints them in a sentence, and for programs as the last line. The directory is kept only where they disagree.
    """
    is_new = not directory.parent.exists()
    forget(directory)
    with Line(directory, embedded_broker=embedded_broker, web_port=web_port, say=_say) as line:
        print(f"broker: {line.broker.name}; page: {line.url}")
        _say(f"{DEVICES} devices x {ROUNDS} rounds x {PASSES_A_ROUND} people who answer = {PASSES} responses")
        counts = check(line)
    agree = set(counts.values()) == {PASSES}
    if agree:
        forget(directory)
        if is_new:
            directory.parent.rmdir()
    print(_verdict(counts, directory))
    print(json.dumps(counts))
    return agree


def _verdict(counts: dict[str, int], directory: Path) -> str:
    told = "{completed} thanked for on the devices, {stored} in the database, {charted} on the page".format(**counts)
    if set(counts.values()) == {PASSES}:
        return f"all {PASSES} agree: {told}; none was lost or counted twice, over the cut and the kill"
    return f"they do NOT agree: {PASSES} were pressed, {told}. What was stored and logged is kept in {directory}"


def _say(words: str) -> None:
    print(words, flush=True)
