"""What tests of the interface begin with: a ward with handhelds, and the web process on its database."""

import pytest

from server.app import create_app
from tests.server.accounts.conftest import Clock
from tests.server.conftest import serving
from tests.server.ingest.ward import NOW, Ward, minutes


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def clock():
    clock = Clock()
    clock.now = NOW
    return clock


@pytest.fixture
def clocked_site(settings, clock):
    """Its clock is `clock`, to be turned."""
    with serving(create_app(settings, now=clock)) as site:
        yield site


@pytest.fixture
def keyed_site(settings, tmp_path):
    """It can read the keys of devices."""
    key_file = tmp_path / "key"
    key_file.touch(mode=0o600)
    key_file.write_text(bytes(range(32)).hex())
    app = create_app(settings.model_copy(update={"key_file": key_file}), now=lambda: NOW + minutes(10))
    with serving(app) as site:
        yield site
