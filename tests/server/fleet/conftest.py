"""What the fleet's tests start from: the command line, and an organisation with an operator."""

import pytest

from server.app import create_app
from tests.server.accounts.conftest import Clock, People
from tests.server.fleet.bench import Bench
from tests.server.fleet.pet import Pet
from tests.server.ingest.ward import Ward
from tests.server.roll_out import Operator, public_line


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def operator(ward):
    return Operator(ward)


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "release.pub"
    path.write_text(public_line() + "\n")
    return path


@pytest.fixture
def pet(tmp_path, database_url, monkeypatch, capsys):
    return Pet(tmp_path, database_url, monkeypatch, capsys)


@pytest.fixture
def bare(tmp_path, postgres, monkeypatch, capsys):
    """On a database without our tables."""
    return Pet(tmp_path, postgres, monkeypatch, capsys)


@pytest.fixture
def trust(pet):
    """A trust with a team and a location."""
    pet("organisation", "add", "Trust", "--timezone", "Europe/London")
    pet("service", "add", "beds", "Beds")
    pet("team", "add", "rehab", "Rehabilitation", "--service", "beds")
    pet("location", "add", "ward-1", "Ward 1")
    pet("key", "create")
    return pet


@pytest.fixture
def bench(engine, figures, settings, tmp_path):
    clock = Clock()
    app = create_app(settings.model_copy(update={"key_file": tmp_path / "key"}), now=clock)
    yield Bench(app, People(engine, figures), clock)
    app.state.engine.dispose()
