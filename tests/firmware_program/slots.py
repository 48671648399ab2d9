"""A simulated device that starts from slots, with small applications: real starter, real installing, nothing else.

A small application says that it is ready and obeys lines: install, good, rest. What it does before is for each test.
"""

import json
import subprocess
import time
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mpy_cross_v6_3 import mpy_cross_compile

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Journal
from protocol.archive import ArchiveFile, Manifest, pack_head, pack_manifest
from protocol.record import KIND_RESPONSE, Record, encode_payload
from tests.device_directory import IDENTITY
from tests.parts import ROOT, micropython_environment, need
from tools.starter import device_files

RESET = 64
HEAP = "56wk"
TIMEOUT_S = 180  # only a hang takes longer
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex() + "\n"
SHARED = tuple(f"firmware/{name}" for name in ("installing", "memory", "provenance", "signature", "slots", "update"))
SMALL = """
import json, os, sys
from firmware.slots import mark_good, rest, running

class Board:
    base = "MicroPython 1.26.1 sim"

    def __init__(self, directory):
        self.files = directory + "/vfs"
        self._path = directory + "/counters.json"

    def levels(self):
        return 0

    def load_counter(self, name):
        return self._all().get(name, 0)

    def store_counter(self, name, value):
        counters = self._all()
        counters[name] = value
        with open(self._path + ".new", "w") as file:
            json.dump(counters, file)
        os.rename(self._path + ".new", self._path)

    def _all(self):
        try:
            with open(self._path) as file:
                return json.load(file)
        except OSError:
            return {}

def say(event, **fields):
    fields["event"] = event
    print(json.dumps(fields))

def obey(board, word):
    if word == "good":
        mark_good(board)
    elif word == "rest":
        rest(board)
    elif word == "install":
        from firmware.update import APPLICATION_NEW, UpdateError, install
        try:
            say("installed", version=install(board, board.files + APPLICATION_NEW))
        except UpdateError as refusal:
            say("refused", words=str(refusal))

def main(arguments):
    board = Board(arguments[0])
AT_START
    say("ready", version=running(board), path=sys.path)
    for line in sys.stdin:
        obey(board, line.strip())
IN_STEPS
"""


@cache
def compiled(name, source):
    process, bytecode = mpy_cross_compile(name, source)
    assert bytecode, process.stderr
    return bytecode


def application(version, before="", at_start="", in_steps="", **replaced):
    """The archive of a small application: what it does when imported, when started, and after each line it obeyed."""

    def indented(text, by):
        return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())

    source = before + SMALL.replace("AT_START\n", indented(at_start, 4)).replace("IN_STEPS\n", indented(in_steps, 8))
    files = {"firmware/simulator.mpy": compiled("firmware.simulator", source)}
    for module in (*SHARED, "protocol/archive", "protocol/errors", "protocol/packing"):
        files[f"{module}.mpy"] = compiled(module.replace("/", "."), (ROOT / f"{module}.py").read_text())
    files.update({f"firmware/{name}.mpy": content for name, content in replaced.items()})
    return signed(version, files)


def signed(version, files):
    """An archive of whatever bytes: the tool of releases refuses what is no bytecode."""
    listed = tuple(ArchiveFile(name, len(content), sha256(content).digest()) for name, content in files.items())
    manifest = pack_manifest(Manifest(version, f"0.{version}", "sim", 6, 0, listed))
    head = pack_head(manifest)
    return head + manifest + KEY.sign(head + manifest) + b"".join(files.values())


@cache
def kept_answers():
    flash = FaultyFlash()
    journal = Journal(flash, IDENTITY.device_id, lambda count: b"\x05" * count)
    for _ in range(20):
        journal.append(encode_payload(Record(KIND_RESPONSE, 0, 7, 0, 1, 60, 0, 0, 0, 0, 0, 9, (1, 2, 3))))
    return bytes(flash.image())


def make_device(directory, archive):
    """A device flashed with this application, and with answers in its journal."""
    for name, content in device_files(archive, PUBLIC).items():
        file = directory / "vfs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (directory / "journal.nor").write_bytes(kept_answers())
    return Device(directory)


class Device:
    def __init__(self, directory: Path):
        self.directory = directory
        self.files = directory / "vfs"

    def counters(self):
        path = self.directory / "counters.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def deliver(self, archive):
        (self.files / "application.new").write_bytes(archive)

    def start(self, *lines):
        """One start, until its input ends or it does: (events, exit code, what it said on standard error)."""
        done = subprocess.run(
            self._command(),
            cwd=self.directory,
            env=self._environment(),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert (self.directory / "journal.nor").read_bytes() == kept_answers()
        return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr

    def hang(self, *, says_so=True):
        """One start of an application that hangs, and says so before: then the watchdog ends it."""
        ended_badly = self.directory / "ended-badly"
        if not says_so:
            ended_badly.touch()
        process = subprocess.Popen(
            self._command(),
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            if says_so:
                assert process.stdout.readline() == "hanging\n"
            else:
                until = time.monotonic() + TIMEOUT_S
                while ended_badly.exists() and time.monotonic() < until:  # the starter has not looked yet
                    time.sleep(0.01)
            assert process.poll() is None
            process.kill()
        ended_badly.touch()

    def run(self, *lines):
        """The version that is ready with this input, after as many resets as it takes; the events of the last start."""
        for resets in range(10):
            events, code, _ = self.start(*lines)
            if code == 0:
                assert events[0]["event"] == "ready"
                return events[0]["version"], resets, events
        raise AssertionError("it resets itself for ever")

    def version(self):
        return self.run()[0]

    def _command(self):
        return [need("micropython"), "-X", f"heapsize={HEAP}", self.files / "main.py", self.directory]

    def _environment(self):
        return {**micropython_environment(), "MICROPYPATH": ".frozen"}
