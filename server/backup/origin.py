"""Which program this is: what must be installed again before a backup of its database is restored."""

from importlib import metadata
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from server import migrations

ROOT = Path(__file__).parents[2]
COMMIT_SHOWN = 12


def program() -> str:
    """Version, and commit where it runs from a repository. Git itself refuses one that is another account's."""
    version = metadata.version("pet")
    try:
        head = (ROOT / ".git/HEAD").read_text().strip()
        if head.startswith("ref: "):
            name = head.removeprefix("ref: ")
            loose = ROOT / ".git" / name
            packed = (ROOT / ".git/packed-refs").read_text() if not loose.exists() else ""
            rows = {line[41:]: line[:40] for line in packed.splitlines()}  # a commit, and the name that stands for it
            head = loose.read_text().strip() if loose.exists() else rows[name]
    except (OSError, KeyError):
        return version
    return f"{version}, commit {head[:COMMIT_SHOWN]}"


def newest_migration() -> str:
    """The version of the schema that this program has."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return str(ScriptDirectory.from_config(configuration).get_current_head())
