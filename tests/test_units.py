"""deploy/systemd: each unit starts what exists, with rights it needs and no others; checked by systemd where it is."""

import re
import shutil
import subprocess

import pytest

from tests.parts import ROOT
from tests.test_documented_commands import fault

SYSTEMD = ROOT / "deploy/systemd"
SERVICES = sorted(path.name for path in SYSTEMD.glob("*.service"))
TIMERS = sorted(path.name for path in SYSTEMD.glob("*.timer"))
PROGRAM = "/opt/pet/.venv/bin/pet"
# As systemd scores it, in tenths: 0 is shut off from everything. What it may still do is named in each unit.
EXPOSURE_MAX = 20
SHUT = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "ProtectKernelTunables": "true",
    "ProtectControlGroups": "true",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "LockPersonality": "true",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


def read(name):
    """A unit's sections: for each name all values, for names may stand twice."""
    sections, section = {}, None
    for line in (SYSTEMD / name).read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return sections


def test_there_is_a_unit_for_each_process_and_each_thing_to_do_by_the_clock():
    assert [
        f"pet-{name}.service"
        for name in ("backup", "broker-log", "certificate-check", "certificate-renew", "ingest", "jobs", "web")
    ] == SERVICES
    assert [f"pet-{name}.timer" for name in ("backup", "certificate-check", "certificate-renew", "jobs")] == TIMERS


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_starts_commands_that_exist(name):
    service = read(name)["Service"]
    commands = service["ExecStart"] + service.get("ExecCondition", [])
    ours = [found for command in commands for found in re.findall(rf"{PROGRAM} ([^'<]+)", command)]
    assert ours
    for words in ours:
        assert fault(f"pet {words}".strip(), whole=True) is None
    for command in commands:
        assert command.split()[0] in (PROGRAM, "/bin/sh", "/bin/bash", "/usr/bin/install", "/usr/bin/systemctl")


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_may_do_no_more_than_it_must(name):
    service = read(name)["Service"]
    assert {key: service.get(key) for key in SHUT} == {key: [value] for key, value in SHUT.items()}
    root = "User" not in service
    assert root == (name == "pet-certificate-renew.service")
    assert bool(service["CapabilityBoundingSet"][0]) == root
    assert service.get("ReadWritePaths", []) == {
        "pet-backup.service": ["/var/backups/pet"],
        "pet-certificate-renew.service": ["/srv/pet-server /etc/mosquitto/pet"],
    }.get(name, [])


@pytest.mark.parametrize("name", SERVICES)
def test_what_needs_settings_reads_them(name):
    service = read(name)["Service"]
    needs = service.get("User") == ["pet"]
    assert service.get("EnvironmentFile", []) == (["/etc/pet/environment"] if needs else [])
    assert "Environment" not in service


@pytest.mark.parametrize("name", TIMERS)
def test_a_timer_starts_its_service_and_makes_up_for_what_was_missed(name):
    assert name.replace(".timer", ".service") in SERVICES
    timer = read(name)
    assert timer["Timer"]["Persistent"] == ["true"]
    assert timer["Install"]["WantedBy"] == ["timers.target"]


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """The units with the paths of this machine in place of a server's, and systemd's own checker."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is missing: the rest of this file has read the units without it")
    folder = tmp_path_factory.mktemp("units")
    for name in (*SERVICES, *TIMERS):
        (folder / name).write_text((SYSTEMD / name).read_text().replace("/opt/pet/", f"{ROOT}/"))
    return program, folder


def test_systemd_finds_no_fault_in_them(units):
    program, folder = units
    files = [str(folder / name) for name in (*SERVICES, *TIMERS)]
    done = subprocess.run([program, "verify", "--man=no", *files], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "pet-" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_scores_their_exposure_as_low(units, name):
    program, folder = units
    words = ["security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", str(folder / name)]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
