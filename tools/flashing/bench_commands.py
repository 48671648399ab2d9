"""The commands about the bench itself: doctor, list, firmware, monitor, web-manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from serial import Serial, SerialException

from tools.flashing.bench import FOLDER, Bench
from tools.flashing.connecting import find_ports, with_device
from tools.flashing.device import Device
from tools.flashing.diagnosis import explain
from tools.flashing.doctor import NO_PORTS, examine
from tools.flashing.errors import PARTLY, FlashError, InputError
from tools.flashing.firmware_lock import LOCK, add_pin, fetch, keep_image, pin_for, pinned_image, read_lock
from tools.flashing.grouping import grouped
from tools.flashing.looking import look
from tools.flashing.options import DEFAULT_KIT, AsJson, AtPort, Folder, KitFile, LockFile, PortName, WhatToPutOn, Wire
from tools.flashing.saying import Speaker
from tools.flashing.web_manifest import write_manifest

commands = typer.Typer()
CONSOLE_BAUD = 115200
LOOK_EVERY_S = 0.5


@commands.command("doctor")
def doctor_command(
    kit: KitFile = DEFAULT_KIT, bench: Folder = FOLDER, lock: LockFile = LOCK, json: AsJson = False
) -> None:
    """Look whether this computer is ready.

    Programs, ports, permissions, kit, pinned firmware.
    """
    speaker = Speaker(as_json=json)
    findings = list(examine(kit, Bench(bench), lock))
    for finding in findings:
        speaker.say("finding", f"{'ok  ' if finding.good else 'BAD '} {finding.words}", **finding._asdict())
    if not all(finding.good for finding in findings):
        raise typer.Exit(PARTLY)


@commands.command("list")
@grouped
def list_command(
    wire: Wire,
    look_inside: Annotated[bool, typer.Option("--look", help="Ask each device who it is (it restarts).")] = False,
    json: AsJson = False,
) -> None:
    """List the ports that devices are at."""
    speaker = Speaker(as_json=json)
    ports = find_ports()
    if not ports and not json:
        print(f"{NO_PORTS}.")
    for port in ports:
        fields: dict[str, object] = {"port": port.name, "usb_chip": port.usb_chip}
        words = f"{port.name}  {port.usb_chip}  {port.description}"
        if look_inside:
            try:
                told = with_device(port.name, wire.link, _who)
            except FlashError as wrong:
                told = {"reason": str(wrong)}
            fields |= told
            words += "  " + "  ".join(str(value) for value in told.values())
        speaker.say("port", words, **fields)


def _who(device: Device) -> dict[str, object]:
    found = look(device)
    device.restart()
    return {"mac": device.mac, "kind": found.kind, "serial": found.serial}


@commands.command("firmware")
def firmware_command(
    source: Annotated[str | None, typer.Argument(help="A file, an https address, or a name in the lock.")] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Say that this image may be put on devices.")] = False,
    name: Annotated[str | None, typer.Option(help="What it is called from then on.")] = None,
    bench: Folder = FOLDER,
    lock: LockFile = LOCK,
    json: AsJson = False,
) -> None:
    """Check and pin a MicroPython image, or show the pinned.

    Without a source it shows what is pinned.
    """
    speaker = Speaker(as_json=json)
    if source is None:
        pins = read_lock(lock)
        if not pins and not json:
            print("no MicroPython is pinned yet: say `firmware FILE --pin --name NAME`.")
        for each in pins:
            words = f"{each.name}  {each.version}  {each.size} bytes  {each.sha256}"
            speaker.say("pinned", words, name=each.name, version=each.version, size=each.size, sha256=each.sha256)
        return
    if not pin:
        image = pinned_image(source, Bench(bench), lock)
        speaker.say("good", f"{source} is pinned and whole: MicroPython {image.version}.", sha256=image.sha256)
        return
    if not name:
        raise InputError("say by --name what the image is called from now on.")
    data = fetch(source)
    entry = pin_for(data, name, source)
    keep_image(data, Bench(bench))
    add_pin(entry, lock)
    words = (
        f"{name} is pinned: MicroPython {entry.version}, SHA-256 {entry.sha256}. Compare that with its makers' page."
    )
    speaker.say("pinned", words, name=name, version=entry.version, sha256=entry.sha256)


@commands.command("monitor")
def monitor_command(
    port: PortName = None,
    lines: Annotated[int, typer.Option(help="End after so many lines; 0: at control and C.")] = 0,
) -> None:
    """Show what a device says on its console."""
    name = AtPort(port).name
    try:
        with Serial(None, CONSOLE_BAUD, timeout=LOOK_EVERY_S) as console:
            console.port, console.dtr, console.rts = name, False, False  # else opening would reset the chip, or hold it
            console.open()
            count = 0
            while not lines or count < lines:
                line = console.readline()
                if line:
                    count += 1
                    print(line.decode(errors="replace").rstrip(), flush=True)
    except (SerialException, OSError) as error:
        raise explain(name, error) from error


@commands.command("web-manifest")
@grouped
def web_manifest_command(
    directory: Annotated[Path, typer.Argument(help="Is made; copy it to a web server.")],
    what: WhatToPutOn,
    json: AsJson = False,
) -> None:
    """Write what a browser needs to flash new devices.

    ESP Web Tools, for devices of 4 MB. It holds no password and no key.
    """
    read, image = what.load()
    manifest = write_manifest(directory, read, image)
    Speaker(as_json=json).say("written", f"{manifest} and the parts that it names.", manifest=str(manifest))
