"""`pet person` and `pet token`: the first administrator is made here, and no password is ever an argument."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.parts import ROOT
from tests.server.accounts.conftest import PASSWORD

TIMEOUT_S = 300  # only a hang takes longer


@pytest.fixture
def pet(settings):
    environment = {
        **os.environ,
        "PET_DATABASE_URL": settings.database_url,
        "PET_DATABASE_PASSWORD_FILE": str(settings.database_password_file),
    }

    def run(*words, stdin=""):
        command = [sys.executable, "-m", "server.main", *words]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    return run


@pytest.mark.usefixtures("figures")
def test_the_first_administrator_is_made_signs_in_and_is_disabled(pet, visit, clock):
    email = "ada@example.org"
    made = pet("person", "add", email, "--name", "Ada", "--role", "administrator", stdin=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "person ada@example.org: administrator of organisation\n"), made.stderr
    clock.now = datetime.now(UTC)  # commands have no other clock
    assert visit(email).get("/api/v1/people").status_code == 200
    assert "ada@example.org  Ada  active  administrator of organisation" in pet("person", "list").stdout
    assert pet("person", "grant", email, "matron", "--on", "team:leek").returncode == 0
    assert "matron of team:leek" in pet("person", "list").stdout
    assert pet("person", "revoke", email, "matron", "--on", "team:leek").returncode == 0
    again = pet("person", "revoke", email, "matron", "--on", "team:leek")
    assert (again.returncode, "is not matron" in again.stderr) == (2, True)
    assert pet("person", "password", email, stdin="another fine password\n").returncode == 0
    client = visit(email, "another fine password")
    assert pet("person", "disable", email).returncode == 0
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("person", "add", "a@example.org", "--name", "A"), "", "no password on standard input"),
        (("person", "add", "a@example.org", "--name", "A"), "short\n", "12 to 128 letters"),
        (("person", "add", "a@example.org", "--name", "A", "--role", "king"), "", "king is no role"),
        (("person", "add", "nobody", "--name", "A"), "", "no e-mail address"),
        (("person", "grant", "a@example.org", "board"), "", "nobody has the address"),
        (("token", "revoke", "7"), "", "there is no token 7"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(pet, words, stdin, said):
    answer = pet(*words, stdin=stdin)
    assert answer.returncode == 2
    assert said.removeprefix("no ") in answer.stderr
    assert "Traceback" not in answer.stderr


def test_tokens_are_listed_without_their_secrets_and_revoked(pet, people, visit):
    anna = visit(people.add("anna", manager="organisation"))
    body = {"name": "export", "rights": ["see figures"], "expires_at": "2026-12-01T00:00:00Z"}
    made = anna.post("/api/v1/tokens", json=body).json()
    listed = pet("token", "list").stdout
    assert "anna@example.org  export" in listed
    assert made["secret"] not in listed
    assert pet("token", "revoke", str(made["token"])).returncode == 0
    assert anna.get("/api/v1/tokens").json()["data"][0]["revoked_at"] is not None
