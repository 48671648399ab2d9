"""What the imports' tests start from: the command line, and a trust that asks a questionnaire."""

import pytest

from tests.server.fleet.pet import Pet
from tests.server.ingest.ward import Ward


@pytest.fixture
def pet(tmp_path, database_url, monkeypatch, capsys, engine):
    Ward(engine)
    return Pet(tmp_path, database_url, monkeypatch, capsys)
