"""`pet` as an operator types it, in this process."""

import os

import pytest
from sqlalchemy.engine import make_url

from server.command_line import run
from server.main import app


class Pet:
    """`pet` with an installation of its own, in a folder of its own."""

    def __init__(self, directory, url, monkeypatch, capsys):
        self.directory, self._monkeypatch, self._capsys = directory, monkeypatch, capsys
        (directory / "database.password").write_text(str(make_url(url).password))
        monkeypatch.chdir(directory)
        for name in [name for name in os.environ if name.startswith("PET_")]:
            monkeypatch.delenv(name)
        self.environment = {
            "PET_DATABASE_URL": make_url(url)._replace(password=None).render_as_string(),
            "PET_DATABASE_PASSWORD_FILE": str(directory / "database.password"),
            "PET_KEY_FILE": str(directory / "key"),
            "PET_BROKER_PASSWORD_FILE": str(directory / "ingest.password"),
        }

    def run(self, *arguments, **changes):
        """As the process does, but in this one: (exit code, stdout, stderr)."""
        with self._monkeypatch.context() as patch:
            for name, value in (self.environment | changes).items():
                if value is not None:
                    patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                run(lambda: app(arguments, prog_name="pet"))
        return ended.value.code or 0, *self._capsys.readouterr()

    def __call__(self, *arguments, **changes):
        """What it says; it must succeed."""
        code, out, err = self.run(*arguments, **changes)
        assert (code, err) == (0, "")
        return out

    def refuses(self, *arguments, **changes):
        """The sentence; exit code 2."""
        code, _, err = self.run(*arguments, **changes)
        assert code == 2
        return err
