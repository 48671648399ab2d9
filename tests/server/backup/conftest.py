"""A server with answers, `pet` on it, and an empty database to restore into."""

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from server.database import make_engine
from server.fleet.files import write_private
from tests.server.fleet.pet import Pet
from tests.server.ingest.ward import Ward

KEY = bytes(range(32)).hex().encode()  # the ward's


def names(folder):
    """What lies in it, in order."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def pet(tmp_path, database_url, monkeypatch, capsys):
    """With the ward's key in a folder of its own, as /etc/pet is."""
    pet = Pet(tmp_path, database_url, monkeypatch, capsys)
    for folder in ("etc", "backups"):
        (tmp_path / folder).mkdir()
    write_private(tmp_path / "etc/key", KEY + b"\n")
    pet.environment |= {
        "PET_KEY_FILE": str(tmp_path / "etc/key"),
        "PET_BROKER_CA_FILE": str(tmp_path / "etc/ca.pem"),
        "PET_RELEASE_KEYS_FILE": str(tmp_path / "etc/release.pub"),
    }
    (tmp_path / "etc/ca.pem").write_text("the authority\n")
    (tmp_path / "etc/release.pub").write_text("a release key\n")
    return pet


@pytest.fixture
def empty(database_url):
    """The URL of an empty database, as `createdb` leaves it."""
    name = f"{make_url(database_url).database}_again"
    plain = make_url(database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))
        yield make_url(database_url).set(database=name)
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def there(empty):
    """The settings that name the empty database."""
    return {"PET_DATABASE_URL": empty._replace(password=None).render_as_string()}


@pytest.fixture
def again(empty):
    """An engine on what was restored."""
    engine = make_engine(empty)
    yield engine
    engine.dispose()


@pytest.fixture
def backup(pet, ward):
    """The folder of a backup of a ward with 30 answers, and the device that gave them."""
    handheld = ward.handheld()
    for _ in range(30):
        handheld.answer()
    ward.sync(handheld)
    said = pet("backup", "backups")
    folder = pet.directory / said.partition(":")[0]
    assert names(pet.directory / "backups") == [folder.name]
    return folder, handheld
