"""A device's flash as a folder, as `firmware.simulator` takes it, and the journal that it leaves there."""

import json
from base64 import b64encode
from contextlib import contextmanager
from functools import cache

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Journal
from protocol.identity import Identity, encode_identity
from protocol.record import decode_record
from server.fleet.packages import build_package, read_definition
from tests.parts import ROOT
from tools.starter import device_files

IDENTITY = Identity("PET-0042", 42, 1, bytes(range(32)), "password")
REFERENCE = 7  # of the questionnaire below
OPTION_COUNTS = (3, 3, 4, 4, 5)
NEVER_S = 10**9
SETTINGS = {
    "broker": {"host": "broker.example", "port": 8883, "address": "127.0.0.1"},
    "sync_every_s": NEVER_S,
    "sync_backlog": NEVER_S,
}


@cache
def questionnaire():
    """The package of the bedside questionnaire: five questions with the option counts above."""
    return build_package(read_definition(ROOT / "tests/questionnaires/beds.toml"), REFERENCE)


def make_device(directory, *, identity=IDENTITY, settings=SETTINGS, package=b"", ca_der=None):
    """Write the folder of a provisioned device; what is None is left out, text and bytes are written as they are.

    `ca_der`: the CA among the settings.
    """
    files = directory / "vfs"
    files.mkdir(parents=True)
    if isinstance(identity, Identity):
        identity = encode_identity(identity)
    if isinstance(settings, dict):
        authorities = {"ca": [b64encode(ca_der).decode()]} if ca_der else {}
        settings = json.dumps(settings | authorities).encode()
    for path, data in (
        (directory / "pet_id.bin", identity),
        (files / "settings.json", settings),
        (files / "questionnaire.pkg", questionnaire() if package == b"" else package),
    ):
        if data is not None:
            path.write_bytes(data)
    return directory


@contextmanager
def journal(directory):
    """The journal of a device that is not running."""
    flash = FaultyFlash(str(directory / "journal.nor"))
    try:
        yield Journal(flash, IDENTITY.device_id, lambda count: b"\x07" * count)
    finally:
        flash.close()


def records(directory):
    """Every record on the device's flash, oldest first."""
    with journal(directory) as kept:
        return [decode_record(data) for _, data in kept.records(1, kept.capacity)]


def flashed(directory, release, public):
    """A provisioned device with this release in its slot, which has proved good, and an empty journal."""
    make_device(directory)
    for name, content in device_files(release, public).items():
        file = directory / "vfs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (directory / "counters.json").write_text(json.dumps({"app_version": 1}))
    with journal(directory):
        pass
    return directory
