"""Questionnaires as the pages show them, and somebody who sends forms as a browser does."""

import pytest

from tests.server.web.improving.conftest import be, sender
from tests.server.web.questionnaires.scene import furnish

__all__ = ["asked", "be", "sender"]


@pytest.fixture
def asked(figures):
    """Three devices, all told what to ask."""
    for number, team in enumerate(("haywood", "leek", "leek")):
        figures.device(f"PET-{number}", team=team)
    return furnish(figures)
