"""The parts that tests ask for by name: a database, a broker, MicroPython. All of them are the real thing."""

import gc
import tempfile
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from server import migrations
from server.database import make_engine
from server.demo.postgres import EmbeddedPostgres
from tests.parts import OpenMosquitto, need

TEMPLATE = "pet_template"
_numbers = count(1)
# Begun first: a core that got one of them last would still work when the others are done.
LONGEST = ("test_months.py", "test_power_cuts.py", "test_demo.py", "test_operations.py", "test_on_micropython.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_elsewhere(tmp_path_factory):
    """Root's tests keep databases below /var/tmp, where PostgreSQL's account can reach them: cleared up at the end."""
    yield
    for place in tmp_path_factory.getbasetemp().rglob("postgres/place"):
        EmbeddedPostgres(place.parent).remove()


@pytest.fixture(autouse=True)
def collections_walk_only_what_the_test_has_made():
    """The firmware collects garbage by hand, as MicroPython needs it: of a long run all each time otherwise."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres(request):
    """A running PostgreSQL for the whole session; its URL names a database that no test uses.

    Tests do not wait for the disk (a database of their own takes 0.2 s to drop, not 2 s); what measures does.
    """
    measures = "bench_*.py" in request.config.getini("python_files")
    directory = Path(tempfile.mkdtemp(prefix="pet-tests-"))
    # As root, the account that PostgreSQL drops to must get in; what is secret in there is 0600.
    directory.chmod(0o755)
    server = EmbeddedPostgres(directory, outlives_power=measures)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="session")
def database_template(postgres):
    """A database with the real migrations applied, copied for each test."""
    _administer(postgres, "CREATE DATABASE {}", TEMPLATE)
    migrations.upgrade(_named(postgres, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres, database_template):
    """A fresh, migrated database of this test's own, as a URL for SQLAlchemy."""
    name = f"test_{next(_numbers)}"
    _administer(postgres, "CREATE DATABASE {} TEMPLATE {}", name, database_template)
    yield _named(postgres, name)
    _administer(postgres, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def engine(database_url):
    """An engine on that database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def mosquitto(tmp_path):
    """A running Mosquitto with TLS, and accounts; `allow(user, password)` lets somebody in."""
    need("mosquitto")
    with OpenMosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture(scope="session")
def micropython():
    """MicroPython's unix port. Start it in parts.ROOT with parts.micropython_environment()."""
    return need("micropython")


def _named(url, database):
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _administer(url, statement, *names):
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(SQL(statement).format(*map(Identifier, names)))
