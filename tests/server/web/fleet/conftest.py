"""Somebody who sends forms as a browser does, as whatever role a test names; and a fleet in which not all is well."""

import pytest

from tests.server.web.fleet.scene import furnish
from tests.server.web.improving.conftest import be, sender

__all__ = ["be", "sender"]


@pytest.fixture
def fleet(figures):
    """By name: A and B of leek, C of haywood, N of north; A is in every trouble, N is lost."""
    names = {"A": "leek", "B": "leek", "C": "haywood", "N": "north"}
    devices = {serial: figures.device(serial, team=team) for serial, team in names.items()}
    furnish(figures)
    return devices
