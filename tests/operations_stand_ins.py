"""What a test machine does in place of a server's distribution, by the name that it is called by.

Started by tests/operations_host.py, which writes `host.json`; each name and the reason for it stand there.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HOST = json.loads(Path(os.environ["PET_TEST_HOST"]).read_text())
ROOT, FOLDER = Path(HOST["project"]), Path(HOST["folder"])
sys.path.insert(0, str(ROOT))
POLL_S, DEADLINE_S = 0.05, 90


def here(text):
    """A text of the page or of deploy/ with this machine's paths, ports and names in it."""
    for pattern, replacement in HOST["rewritten"]:
        text = re.sub(pattern, replacement, text)
    return text


def install(words):
    """Without owners, whose accounts are not here; what comes from deploy/systemd gets this machine's paths."""
    kept = []
    while words:
        word = words.pop(0)
        if word in ("-o", "-g"):
            words.pop(0)
        else:
            kept.append(word)
    subprocess.run(["/usr/bin/install", *kept], check=True)
    _rewrite(kept)


def copy(words):
    subprocess.run(["/bin/cp", *words], check=True)
    _rewrite(words)


def _rewrite(words):
    sources = [Path(word) for word in words if "deploy/systemd/" in word]
    target = Path(words[-1])
    for source in sources:
        file = target / source.name if target.is_dir() else target
        file.write_text(here(file.read_text()))


def run_as(words):
    """As this very account; what creates databases goes to the test's PostgreSQL."""
    program, *rest = words[words.index("--") + 1 :]
    if program not in ("createuser", "createdb", "dropdb"):
        os.execvp(program, [program, *rest])  # noqa: S606 - as typed
    renamed = [
        HOST["database"] if word == "pet" else word.replace("--owner=pet", "--owner=" + HOST["role"]) for word in rest
    ]
    if program == "createuser":
        renamed = [HOST["role"]]
    environment = os.environ | HOST["administrator"]
    subprocess.run([str(Path(HOST["binaries"]) / program), *renamed], env=environment, check=True)
    if program == "createuser":
        statement = f"ALTER ROLE {HOST['role']} PASSWORD '{HOST['password']}'"
        command = [str(Path(HOST["binaries"]) / "psql"), "-q", "-d", "postgres", "-c", statement]
        subprocess.run(command, env=environment, check=True)


def systemctl(words):
    """Starts and ends what the units say, with the settings that they read; Mosquitto with its own configuration."""
    verb, names = words[0], [word.removesuffix(".service") for word in words[1:] if not word.startswith("-")]
    for name in names:
        if name.endswith(".timer"):
            assert (FOLDER / "etc/systemd/system" / name).exists(), name
            continue
        if verb in ("stop", "restart"):
            _stop(name)
        if verb in ("start", "restart", "enable"):
            _start(name)


def _stop(name):
    file = FOLDER / "run" / f"{name}.pid"
    if not file.exists():
        return
    pid = int(file.read_text())
    os.killpg(pid, signal.SIGTERM)  # of a unit all that it started
    _wait(lambda: not _lives(pid), f"{name} does not end")
    file.unlink()


def _lives(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _start(name):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PET_TEST_HOST": os.environ["PET_TEST_HOST"]}
    if name == "mosquitto":
        configuration = FOLDER / "etc/mosquitto/mosquitto.conf"
        configuration.write_text(here(configuration.read_text()).replace("user mosquitto", "user root"))
        command = [HOST["mosquitto"], "-c", str(configuration)]
    else:
        unit = (FOLDER / "etc/systemd/system" / f"{name}.service").read_text()
        started = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[-1]
        started = re.sub("journalctl [^)]*", f"tail -n 0 -F {FOLDER}/run/mosquitto.log", started)
        command = shlex.split(started.replace(str(FOLDER / "bin/pet-program"), str(ROOT / ".venv/bin/pet")))
        for file in re.findall(r"^EnvironmentFile=(.*)$", unit, re.MULTILINE):
            lines = here(Path(file).read_text()).splitlines()
            environment |= dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        if "Type=oneshot" in unit:
            subprocess.run(command, env=environment, check=True)
            return
    log = FOLDER / "run" / f"{name}.log"
    with log.open("ab") as output:
        began = output.tell()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    (FOLDER / "run" / f"{name}.pid").write_text(str(process.pid))
    ready = {
        "mosquitto": lambda: _answers(HOST["ports"]["8883"]) and _answers(HOST["ports"]["8884"]),
        "pet-ingest": lambda: "ready: subscribed" in log.read_text()[began:],
        "pet-broker-log": lambda: "reading" in log.read_text()[began:],
        "pet-web": lambda: _answers(HOST["ports"]["8443"]) or _answers(HOST["ports"]["8000"]),
    }[name]
    _wait(lambda: ready() or process.poll() is not None, f"{name} does not get ready: {log.read_text()[-2000:]}")
    assert process.poll() is None, log.read_text()[-2000:]


def _answers(port):
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", int(port))) == 0


def _wait(condition, otherwise):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(POLL_S)


def flash(words):
    """A bench without devices: identities go to simulated ones, by cable as by token; labels are made for real."""
    if words[0] == "label":
        os.execv(sys.executable, [sys.executable, str(ROOT / "tools/flash.py"), *words])  # noqa: S606
    option = dict(zip(words[1::2], words[2::2], strict=True))
    if words[0] == "flash":
        _device("first", Path(option["--identity"]).read_bytes())
        return
    from protocol.identity import encode_identity  # noqa: PLC0415
    from tools.flashing.enrolment import Server, enrol, read_tokens  # noqa: PLC0415
    from tools.flashing.journal_image import JournalImage  # noqa: PLC0415

    resolve = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **named: resolve(
        "127.0.0.1" if host == "pet.example.org" else host, *rest, **named
    )
    server = Server(option["--server"], Path(option["--authority"]))
    tokens = read_tokens(Path(option["--token-file"]).read_text())
    serials = Path(option["--csv"]).read_text().split()[1:]
    for number, (serial, token) in enumerate(zip(serials, tokens, strict=True)):
        identity = enrol(server, token, f"24:0A:C4:00:01:{number:02X}", serial, JournalImage())
        _device(serial, encode_identity(identity))
    print(f"{len(serials)} of {len(serials)} done")


def _device(name, identity):
    folder = FOLDER / "devices" / name
    folder.mkdir(parents=True)
    (folder / "pet_id.bin").write_bytes(identity)


def shrug(_):
    """Nothing to be done here."""


CALLED = {
    "apt-get": shrug,
    "git": shrug,
    "make": shrug,
    "useradd": shrug,
    "install": install,
    "cp": copy,
    "runuser": run_as,
    "systemctl": systemctl,
    "flash.py": flash,
}

if __name__ == "__main__":
    CALLED[sys.argv[1]](sys.argv[2:])
