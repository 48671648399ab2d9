"""A provisioned device that may use the broker."""

import pytest

from protocol.topics import device_name
from server.demo.broker import INGEST_USER
from tests.answering import PASSWORD
from tests.device_directory import IDENTITY, NEVER_S, make_device


@pytest.fixture
def device(tmp_path, mosquitto):
    """A provisioned device that may use the broker."""
    mosquitto.allow(INGEST_USER, PASSWORD)
    mosquitto.allow(device_name(IDENTITY.device_id), IDENTITY.mqtt_password)
    settings = {
        "broker": {"host": mosquitto.host, "port": mosquitto.port},
        "sync_every_s": NEVER_S,
        "sync_backlog": NEVER_S,
    }
    authority = mosquitto.certificates.authority_der.read_bytes()
    return make_device(tmp_path / "device", settings=settings, ca_der=authority)
