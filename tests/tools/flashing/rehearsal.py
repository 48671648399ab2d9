"""Devices of the rehearsal, seen from a test: plugged in, filled, and looked at byte by byte."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from hashlib import md5

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Journal
from protocol.identity import AREA_BYTES, Identity, decode_identity, encode_identity
from tests.parts import ROOT
from tools.flashing.connecting import with_device
from tools.flashing.partitions import IDENTITY, JOURNAL, MIB, TABLE_OFFSET, layout_for
from tools.flashing.procedure import Order, flash

WIFI_PASSWORD = "swordfish-on-the-ward"
DEADLINE_S = 60  # only a hang takes longer
JOURNAL_ID = b"\x07" * 8
# Of a device that syncs and sleeps only when it is told to; `application` is the line that says which.
KIT = """
micropython = "{micropython}"
[application]
keys = "{keys}"
{application}
questionnaire = "questionnaire.pkg"
[broker]
host = "{host}"
address = "127.0.0.1"
port = {port}
[network]
wifi = "wifi.toml"
ca = ["{authority}"]
[settings]
sync_every_s = 604800
sync_backlog = 1000000
sleep_after_s = 0
"""


@contextmanager
def mock_bench(folder):
    """Yields a function that plugs devices in; their process ends with the block."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:

        def plug_in(**specifications):
            command = [sys.executable, "-m", "tests.tools.flashing.mock_bench", folder, json.dumps(specifications)]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            for name in specifications:
                wait_for(folder / f"{name}.port")
            return folder

        yield plug_in


def wait_for(path):
    ends = time.monotonic() + DEADLINE_S
    while not path.is_symlink():
        assert time.monotonic() < ends, f"{path} never came"
        time.sleep(0.01)


def port(folder, name):
    path = folder / f"{name}.port"
    wait_for(path)
    return path


def identity(number, epoch=1):
    """Of a device; no two numbers share a key or a password."""
    key = bytes((number * 31 + place) & 0xFF for place in range(32))
    return Identity(f"PET-{number:04d}", number, epoch, key, f"{number:04d}" + "p" * 60)


def order(kit, image, **more):
    return Order(kit, image, **more)


def flash_port(folder, name, what, bench, ledger, link):
    """The outcome of flashing the device of that name."""
    port = folder / f"{name}.port"
    wait_for(port)
    return with_device(str(port), link, lambda device: flash(device, what, bench, ledger, lambda *_: None))


def content(folder, name):
    """The device's flash, all of it."""
    return (folder / f"{name}.flash").read_bytes()


def area(data, label):
    """The bytes of one area of a device's flash."""
    place = layout_for(len(data))[label]
    return data[place.offset : place.end]


def identity_on(data):
    return decode_identity(area(data, IDENTITY)[:AREA_BYTES])


def provision(folder, name, who, responses, acked=0, megabytes=4):
    """Write the flash of a device that has been in use: table, identity, and a journal that the firmware wrote."""
    layout = layout_for(megabytes * MIB)
    data = bytearray(b"\xff" * (megabytes * MIB))
    data[TABLE_OFFSET : TABLE_OFFSET + len(layout.binary)] = layout.binary
    data[layout[IDENTITY].offset : layout[IDENTITY].end] = encode_identity(who)
    data[layout[JOURNAL].offset : layout[JOURNAL].end] = journal_of(who.device_id, responses, acked)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.flash").write_bytes(data)
    return bytes(data)


def journal_of(device_id, responses, acked=0):
    """The bytes of a journal area with so many responses."""
    nor = FaultyFlash(None)
    journal = Journal(nor, device_id, lambda count: JOURNAL_ID[:count])
    for number in range(responses):
        journal.append(b"\x01\x00\x00\x07\x00" + bytes(4) + number.to_bytes(4, "little") + b"fifteen bytes..")
    if acked:
        journal.acknowledge(acked)
    return bytes(nor.image())


def write_kit(folder, line, micropython, keys, application):
    """kit.toml and wifi.toml, for devices of the running server line."""
    (folder / "wifi.toml").write_text(f'[[network]]\nssid = "Ward"\npassword = "{WIFI_PASSWORD}"\n')
    where = {
        "host": line.broker.host,
        "port": line.network.port,
        "authority": line.broker.certificates.authority_pem,
    }
    text = KIT.format(micropython=micropython, keys=keys, application=application, **where)
    (folder / "kit.toml").write_text(text)
    return folder / "kit.toml"


def digest(data):
    return md5(data, usedforsecurity=False).hexdigest()
