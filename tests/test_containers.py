"""deploy/compose.yaml and its images, as far as they can be held against the code without running them."""

import re
from string import Template

import pytest
import yaml

from server.demo.broker import MESSAGE_BYTES_MAX
from server.settings import Settings
from tests.parts import ROOT
from tests.test_documented_commands import fault

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
VARIABLES = {f"PET_{name.upper()}" for name in Settings.model_fields}
OURS = [name for name, service in SERVICES.items() if service["image"] == "pet"]
SECRETS = "/run/secrets/"
WEB_NAMES = "PET_WEB_NAMES"


def test_there_is_a_service_for_each_process_and_for_each_tool():
    assert OURS == ["migrate", "ingest", "web", "jobs", "backup", "pet"]
    assert set(SERVICES) - set(OURS) == {"postgres", "mosquitto"}


@pytest.mark.parametrize("name", [name for name in OURS if name != "pet"])
def test_each_of_ours_starts_a_command_that_exists(name):
    assert fault(" ".join(["pet", *SERVICES[name]["command"]]), whole=True) is None
    assert DOCKERFILE.rstrip().endswith('ENTRYPOINT ["/opt/pet/.venv/bin/pet"]')


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_a_setting_and_together_they_are_accepted(name, monkeypatch):
    environment = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    assert set(environment) <= VARIABLES
    for key, value in environment.items():
        monkeypatch.setenv(key, "pet.example.org" if key == WEB_NAMES else value)
    settings = Settings()
    assert (settings.database().host if "PASSWORD" not in str(environment) else "postgres") == "postgres"
    assert settings.broker_host in SERVICES
    assert str(settings.broker_port) in re.findall(r"^listener (\d+)", broker_configuration(), re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_each_file_of_a_secret_that_is_read_is_given_and_no_other(name):
    service = SERVICES[name]
    read = (
        {value.removeprefix(SECRETS) for value in service["environment"].values() if SECRETS in str(value)}
        if ("environment" in service)
        else set(re.findall(rf"{SECRETS}(\w+)", broker_configuration()))
    )
    given = set(service.get("secrets", []))
    assert given <= read
    assert given <= set(COMPOSE["secrets"])
    unused = {  # what the settings name for all, and this process never opens
        "migrate": {"key", "release_keys", "authority", "ingest_password"},
        "ingest": {"release_keys"},
        "web": {"authority", "ingest_password"},
        "jobs": {"key", "release_keys", "authority", "ingest_password"},
        "backup": {"ingest_password"},
    }
    assert read - given == unused.get(name, set())


def test_secrets_are_files_and_no_value_of_one_stands_here():
    for secret in COMPOSE["secrets"].values():
        assert list(secret) == ["file"]
        assert secret["file"].startswith("./secrets/")
    ignored = (ROOT / ".gitignore").read_text(), (ROOT / ".dockerignore").read_text()
    for folder in ("secrets", "broker", "work", "backups"):
        assert all(f"deploy/{folder}" in text for text in ignored)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name):
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (
            source in COMPOSE["volumes"] or source in ("./broker", "./backups", "./work") or (DEPLOY / source).exists()
        )
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    if "build" in service:
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
        assert re.search(rf"^FROM \S+ AS {service['build']['target']}$", DOCKERFILE, re.MULTILINE)


def test_only_devices_and_browsers_come_in_from_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"mosquitto": ["8883:8883"], "web": ["443:8443"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    beyond = [name for name, service in SERVICES.items() if "outside" in service["networks"]]
    assert beyond == [*published, "jobs"]  # mails go out; nobody comes in there
    assert str(SERVICES["web"]["environment"]["PET_WEB_PORT"]) == "8443"


@pytest.mark.parametrize("name", [*OURS, "mosquitto"])
def test_each_of_our_images_runs_without_rights(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["mosquitto", "pet"]


def test_the_broker_s_configuration_is_the_one_of_the_tests_filled_in():
    """Every test with a broker starts Mosquitto with this very file, other names filled in."""
    template = (DEPLOY / "mosquitto/mosquitto.conf").read_text().partition("\n")[2]
    filled = Template(template).substitute(
        port=8883,
        address="",
        ingest_port=8884,
        ingest_address="",
        plugin="/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
        accounts="/var/lib/mosquitto/accounts.json",
        authority="/run/secrets/authority",
        certificate="/run/secrets/broker_certificate",
        key="/run/secrets/broker_key",
        message_bytes_max=MESSAGE_BYTES_MAX,
    )
    wanted = [line.rstrip() for line in filled.replace("user root", "user mosquitto").splitlines()]
    assert broker_configuration().splitlines()[1:] == wanted


def test_what_an_image_copies_is_there():
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied
    assert all((ROOT / path).exists() for path in copied)
    left_out = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert not [path for path in left_out if path in ("server", "protocol", "Makefile", "deploy", "requirements.lock")]


def broker_configuration():
    return (DEPLOY / "mosquitto/container.conf").read_text()
